// Puts a mutant into the programs while they are loaded: one text of one source is replaced by another, in
// memory alone. A mutant that no longer finds its text exactly once is an error, so that none grows stale.
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Mutant } from './mutants.ts'

const root = join(import.meta.dirname, '../..')

/** Comes before anything of the programs is imported. */
export function breakInto({ name, file, find, replace }: Mutant): void {
  const url = pathToFileURL(join(root, file)).href
  registerHooks({
    load(loaded, context, next) {
      const found = next(loaded, context)
      if (loaded !== url) return found
      const source = Buffer.from(found.source as Uint8Array).toString('utf8')
      if (source.split(find).length !== 2)
        throw new Error(`mutant ${name} does not find its text in ${file} once`)
      return { ...found, source: source.replace(find, () => replace) }
    },
  })
}
