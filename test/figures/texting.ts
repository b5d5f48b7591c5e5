// Texts in and out over SMPP: phones that each ask for help once and wait for the answer, so that every text
// in is a text out. First in closed loop; then as a flood in the middle of which the server is killed. The
// centre brings again whatever was not acknowledged; then it is counted who was not answered, and who twice.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { SmppCentre } from '@concilia/simulator/smpp-centre.ts'
import { phoneNumberOf } from './enrolled.ts'
import { Premises, smppSystemId } from './premises.ts'
import { cpuMs, familyCpuMs } from './processor-time.ts'
import { percentile, short } from './statistics.ts'

export interface TextingOptions {
  readonly data: string
  readonly profile: string | undefined
  readonly warmUpMs: number
  readonly measureMs: number
  /** How many texts are sent at once; 0: no flood. */
  readonly flood: number
}

const password = 'figures'
/** Phones that wait for an answer at any time. */
const waitingPhones = 200
/** Longer than the server's own outbox takes to say again what a crash interrupted. */
const patienceMs = 120_000

export async function textingFigures({ data, profile, ...options }: TextingOptions): Promise<object> {
  const phones = new Phones()
  const port = await phones.centre.listen()
  const premises = await Premises.open({ data, machines: 1, buyers: 0, smpp: { port, password }, profile })
  try {
    await phones.centre.reached()
    const steady = await closedLoop(phones, premises, options)
    return options.flood === 0 ? steady : { ...steady, ...(await flood(phones, premises, options.flood)) }
  } finally {
    await premises.close()
    await phones.centre.close()
  }
}

/** Everybody who texts, with what became of it. */
class Phones {
  readonly centre: SmppCentre
  /** Answers so far, by number. */
  readonly answers = new Map<string, number>()
  acknowledged = 0
  #next = 0
  #answered = (_number: string) => {}

  constructor() {
    this.centre = new SmppCentre({
      clock: systemClock,
      systemId: smppSystemId,
      password,
      window: 100,
      taken: ({ body }) => {
        const number = `+${body.destination}`
        this.answers.set(number, (this.answers.get(number) ?? 0) + 1)
        this.#answered(number)
      },
    })
  }

  onAnswer(answered: (number: string) => void): void {
    this.#answered = answered
  }

  /** A phone that has not texted yet asks for help. */
  text(): string {
    const number = phoneNumberOf(this.#next++)
    this.answers.set(number, 0)
    const said = {
      source: number.slice(1),
      sourceTon: 1,
      destination: '36000',
      shortMessage: Buffer.from('HELP'),
    }
    this.centre.deliver(said).then(
      () => {
        this.acknowledged++
      },
      () => {},
    )
    return number
  }
}

async function closedLoop(
  phones: Phones,
  { measured }: Premises,
  { warmUpMs, measureMs }: Pick<TextingOptions, 'warmUpMs' | 'measureMs'>,
): Promise<object> {
  const sentAt = new Map<string, number>()
  let times: number[] = []
  let goesOn = true
  const text = () => void sentAt.set(phones.text(), performance.now())
  phones.onAnswer((number) => {
    const at = sentAt.get(number)
    if (at === undefined) return
    sentAt.delete(number)
    times.push(performance.now() - at)
    if (goesOn) text()
  })
  for (let count = 0; count < waitingPhones; count++) text()
  await pause(warmUpMs)
  const spent = () => ({
    at: performance.now(),
    server: cpuMs(measured.serverPid),
    database: familyCpuMs(measured.postgresPid),
    generator: cpuMs(process.pid),
    acknowledged: phones.acknowledged,
  })
  const before = spent()
  times = []
  await pause(measureMs)
  const after = spent()
  goesOn = false
  const out = times.length
  const seconds = (after.at - before.at) / 1000
  const each = (name: 'server' | 'database' | 'generator') =>
    short((after[name] - before[name]) / Math.max(1, out))
  await until(() => sentAt.size === 0)
  return {
    textsInPerSecond: short((after.acknowledged - before.acknowledged) / seconds),
    textsOutPerSecond: short(out / seconds),
    answerP50Ms: short(percentile(times, 0.5)),
    answerP99Ms: short(percentile(times, 0.99)),
    serverCpuMs: each('server'),
    databaseCpuMs: each('database'),
    generatorCpuMs: each('generator'),
  }
}

async function flood(phones: Phones, premises: Premises, size: number): Promise<object> {
  phones.onAnswer(() => {})
  const acknowledgedBefore = phones.acknowledged
  const begunAt = performance.now()
  const numbers = Array.from({ length: size }, () => phones.text())
  await until(() => phones.acknowledged - acknowledgedBefore > size / 3)
  await premises.restartServer()
  const acknowledgedAll = await until(() => phones.acknowledged - acknowledgedBefore >= size)
  const answered = () => numbers.filter((number) => (phones.answers.get(number) ?? 0) > 0).length
  await until(() => answered() === size)
  const lost = size - answered()
  const twice = numbers.filter((number) => (phones.answers.get(number) ?? 0) > 1).length
  return {
    floodTexts: size,
    floodSeconds: short((performance.now() - begunAt) / 1000),
    floodUnacknowledged: acknowledgedAll ? 0 : size - (phones.acknowledged - acknowledgedBefore),
    floodLost: lost,
    floodAnsweredTwice: twice,
  }
}

/** @returns false when it did not come to that in time */
async function until(what: () => boolean): Promise<boolean> {
  const givenUpAt = performance.now() + patienceMs
  while (!what()) {
    if (performance.now() > givenUpAt) return false
    await pause(5)
  }
  return true
}

function pause(forMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, forMs))
}
