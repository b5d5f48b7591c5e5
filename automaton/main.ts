// Starts the automaton: node automaton/main.ts --config FILE. The program itself is loaded after the compile
// cache is switched on, which saves a small machine time and memory at every later start.
import { enableCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'

// A small machine has little memory: 5 MB less.
setFlagsFromString('--optimize-for-size')
// The young generation does not grow during start and then stay: 8 MB less, for good.
setFlagsFromString('--semi-space-growth-factor=1')
enableCompileCache()
await import('./program.ts')
