// Preloaded into a program (`node --import`): its wall clock reads what the system's reads and as much more
// or less as a file says, so that it can be set while the program runs. Time that passes, and timers, are
// as always: setting a computer's clock does not touch them either.
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

const { Date: SystemDate } = globalThis
/** `automaton-4021`, `relation-server`: the configuration that the program was started with. */
const configuration = process.argv[process.argv.indexOf('--config') + 1] ?? ''
const file = join(
  process.env.CONCILIA_TEST_CLOCKS ?? '',
  basename(configuration, '.toml') || basename(dirname(process.argv[1] ?? '')),
)
let offsetMs = 0

function read() {
  try {
    const text = readFileSync(file, 'utf8')
    if (Number(text) === offsetMs) return
    offsetMs = Number(text)
    writeFileSync(`${file}.set`, text)
  } catch {
    // Nobody has set it.
  }
}
read()
setInterval(read, 20).unref()

globalThis.Date = class extends SystemDate {
  constructor(...parts) {
    if (parts.length === 0) super(SystemDate.now() + offsetMs)
    else super(...parts)
  }
  static now() {
    return SystemDate.now() + offsetMs
  }
}
