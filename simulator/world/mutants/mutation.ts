// Puts a mutant into the programs while they are loaded: texts of their sources are replaced by others, in
// memory alone. A mutant that no longer finds its texts exactly once is an error, so that none grows stale.
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Edit, Mutant } from './mutant.ts'

const root = join(import.meta.dirname, '../../..')

/** Comes before anything of the programs is imported. */
export function breakInto({ edits }: Mutant): void {
  registerHooks({
    load(url, context, next) {
      const found = next(url, context)
      const own = edits.filter(({ file }) => url === pathToFileURL(join(root, file)).href)
      if (own.length === 0) return found
      const source = own.reduce(replaced, Buffer.from(found.source as Uint8Array).toString('utf8'))
      return { ...found, source }
    },
  })
}

/** Those of its texts, by file, that do not stand exactly once in the sources as they are now. */
export function staleEdits({ edits }: Mutant): string[] {
  return edits.flatMap(({ file, find }) =>
    readFileSync(join(root, file), 'utf8').split(find).length === 2 ? [] : `${file}: ${find}`,
  )
}

function replaced(source: string, { file, find, replace }: Edit): string {
  if (source.split(find).length !== 2) throw new Error(`not once in ${file}: ${find}`)
  return source.replace(find, () => replace)
}
