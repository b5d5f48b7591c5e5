// Starts the simulator: node simulator/main.ts --machine NAME --link PATH, or by npm start. The program is
// loaded after the compile cache is switched on, which saves time at every later start.
import { enableCompileCache } from 'node:module'

enableCompileCache()
await import('./program.ts')
