// Starts the automaton: node automaton/main.ts --config FILE. The program itself is loaded after the compile cache is
// switched on, which saves a small machine time and memory at every later start.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
