// The contract of the store, on a real PostgreSQL.
import { join } from 'node:path'
import { testDatabase } from '@concilia/platform/test-database.ts'
import { storeContract } from './contract.ts'
import { openPostgresStore } from './postgres-store-adapter.ts'

storeContract(
  'postgres',
  async () => {
    const database = await testDatabase(join(import.meta.dirname, 'migrations'))
    const store = await openPostgresStore(database.url)
    const close = store.close.bind(store)
    return Object.assign(store, { close: () => close().then(() => database.drop()) })
  },
  25,
)
