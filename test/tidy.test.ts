// The rules that a linter does not know: imports point one way, only adapters touch time and chance, nothing
// is skipped or left to do, every folder and file says what it is, and every dependency is accounted for.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Tracked, and new ones that are not ignored; those just deleted are in the list until the commit. */
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root })
  .toString()
  .split('\n')
  .filter((path) => path && existsSync(join(root, path)))
const sources = files.filter((path) => /\.(ts|mjs)$/.test(path)).map((path) => ({ path, text: read(path) }))

/** What a folder may import, besides itself. */
const house: Record<string, readonly string[]> = {
  protocol: [],
  platform: ['protocol'],
  automaton: ['protocol', 'platform'],
  'relation-server': ['protocol', 'platform'],
  'payment-centre': ['protocol', 'platform'],
  simulator: ['protocol', 'platform', 'automaton', 'relation-server', 'payment-centre'],
  test: ['protocol', 'platform', 'automaton', 'relation-server', 'payment-centre', 'simulator'],
}

const isTest = (path: string) => path.endsWith('.test.ts') || path.startsWith('test/')

/**
 * The sources that break a rule, as `path:line what`, so that a failure reads as a list of things to mend.
 */
function breaches(rule: (path: string, line: string) => string | undefined, within = sources): string[] {
  return within.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const breach = rule(path, line)
      return breach === undefined ? [] : [`${path}:${index + 1} ${breach}`]
    }),
  )
}

test('imports point one way, across folders by package name', () => {
  const wrong = breaches((path, line) => {
    const [, imported] = /(?:from|import)\s*\(?'([^']+)'/.exec(line) ?? []
    const folder = path.split('/')[0] ?? ''
    const allowed = house[folder]
    if (!imported || !allowed) return undefined
    if (imported.startsWith('.')) {
      return join(dirname(path), imported).split('/')[0] === folder
        ? undefined
        : `leaves ${folder}: ${imported}`
    }
    const other = /^@concilia\/([^/]+)/.exec(imported)?.[1]
    return other === undefined || allowed.includes(other) ? undefined : `${folder} may not import ${other}`
  })
  expect(wrong).toEqual([])
})

test('only adapters, composition roots and tests touch time and chance', () => {
  const touched = new RegExp(
    [
      String.raw`\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b`,
      String.raw`\bset(?:Timeout|Interval)\(|\bAbortSignal\.timeout\b`,
      String.raw`\bMath\.random\b|\brandom(?:UUID|Bytes|Int)\b|\bgetRandomValues\b`,
    ].join('|'),
  )
  const mayTouch = (path: string) =>
    isTest(path) ||
    path.startsWith('simulator/start/') ||
    path.startsWith('.ci/') ||
    /system|adapter|^main\.ts$|config(?:uration)?\.ts$/.test(basename(path))
  const wrong = breaches((path, line) => {
    const [what] = touched.exec(line.replace(/^\s*(\/\/|\*|\/\*).*/, '')) ?? []
    return mayTouch(path) ? undefined : what
  })
  expect(wrong).toEqual([])
})

test('nothing is skipped, singled out, silenced or left to do', () => {
  const marks = [
    /\.(?:skip|only|todo|fails|skipIf|runIf)\(/,
    /\bvi\.mock\(/,
    /\bTOD[O]\b|\bFIXM[E]\b/,
    /biome-ignor[e]|@ts-(?:ignore|nocheck|expect-error)/,
  ]
  const wrong = breaches((_, line) => marks.map((mark) => mark.exec(line)?.[0]).find(Boolean))
  expect(wrong).toEqual([])
})

test('every folder with sources has a README', () => {
  const tops = new Set(files.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''))
  const without = [...tops].filter(
    (folder) => !folder.startsWith('.') && !files.includes(`${folder}/README.md`),
  )
  expect(without).toEqual([])
})

test('the README of a folder, or of the one above it, names each of its files', () => {
  const told = (page: string) => read(page).match(/[\w.*-]+\.(?:ts|mjs)\b/g) ?? []
  const untold = sources.filter(({ path }) => {
    const page = [dirname(path), dirname(dirname(path))]
      .map((folder) => `${folder}/README.md`)
      .find((each) => files.includes(each))
    const isBesideWhatItTests = path.endsWith('.test.ts') && !path.startsWith('test/')
    if (!path.includes('/') || path.startsWith('.') || isBesideWhatItTests) return false
    return !(page && told(page).some((word) => isNamedBy(word, basename(path))))
  })
  expect(untold.map(({ path }) => path)).toEqual([])
})

test('every source opens by saying what it is', () => {
  const silent = sources
    .filter(({ path }) => !isTest(path) && !path.includes('.config.') && !path.endsWith('.d.ts'))
    .filter(({ text }) => !/^(?:#!.*\n)?(?:\/\/|\/\*\*?)/.test(text))
  expect(silent.map(({ path }) => path)).toEqual([])
})

test('lines end by column 110; a file above 400 lines says why at its top', () => {
  expect(
    breaches((_, line) => (line.length > 110 && !isWhole(line) ? `${line.length} columns` : undefined)),
  ).toEqual([])
  const long = sources.filter(({ text }) => {
    const lines = text.split('\n')
    return lines.length > 400 && !/\blong\b/i.test(lines.slice(0, 8).join(' '))
  })
  expect(long.map(({ path }) => path)).toEqual([])
})

test('names are in kebab-case and none of them means nothing', () => {
  const vague = /^(?:utils?|common|helpers?|manager|misc)\b|[A-Z]/
  expect(sources.map(({ path }) => path).filter((path) => vague.test(basename(path)))).toEqual([])
})

test('the lock names no registry: every machine installs from its own', () => {
  const resolved = read('package-lock.json').match(/"resolved": "https?:[^"]*"/g)
  expect(resolved).toBeNull()
})

test('ARCHITECTURE.md says of every dependency why it is there', () => {
  const manifests = files
    .filter((path) => basename(path) === 'package.json')
    .map((path) => JSON.parse(read(path)))
  const named = manifests.flatMap(({ dependencies, devDependencies, optionalDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
  )
  const rows = existsSync(join(root, 'ARCHITECTURE.md'))
    ? read('ARCHITECTURE.md')
        .split('\n')
        .filter((line) => line.startsWith('|'))
    : []
  const unexplained = [...new Set(named)].filter((name) => !rows.some((row) => row.includes(`\`${name}\``)))
  expect(unexplained).toEqual([])
})

/** What no line break improves: the title of a test, and a row of a table. */
function isWhole(line: string): boolean {
  return /^\s*test\(['"`]/.test(line) || /^\s*[\w.]+ \| /.test(line)
}

/** A star stands for anything: `scripted-*.ts` names all of them. */
function isNamedBy(word: string, file: string): boolean {
  return new RegExp(`^${word.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(file)
}
