// Starts the relation server: node relation-server/main.ts --config FILE. The program itself is loaded after
// the compile cache is switched on, which saves time at every later start.
import { enableCompileCache } from 'node:module'
import { watchHeapGrowth } from '@concilia/platform/heap-growth-adapter.ts'

enableCompileCache()
watchHeapGrowth()
await import('./program.ts')
