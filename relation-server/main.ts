// Starts the relation server: node relation-server/main.ts --config FILE. The program itself is loaded after
// the compile cache is switched on, which saves time at every later start.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
