// The page's style and script, from the files beside this one, read once at start.
import { readFileSync } from 'node:fs'
import type { PageAssets } from './page.ts'

export function readPageAssets(): PageAssets {
  const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8')
  return { style: read('page.css'), script: read('page-script.js') }
}
