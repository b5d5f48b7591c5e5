// What goes wrong around a process that lives on: the disk fails at each of its commits, the connection is
// cut at each of its calls, each message is lost, or comes twice. However it is disturbed, every sale ends as
// it must.
import { beforeAll, describe, expect, test } from 'vitest'
import { judge, type Script, scripts } from './scripted-stories.ts'
import { enrol, type Identities, ScriptedWorld } from './scripted-world.ts'

let identities: Identities
beforeAll(async () => {
  identities = await enrol()
})

type Mode = 'permanent' | 'onDemand'
/** Disturbs the world once, at its `moment`th opportunity. @returns whether it came to that */
type Disturbance = (world: ScriptedWorld, moment: number) => () => boolean

/** For four seconds from just before a commit. */
const diskFails: Disturbance = (world, moment) => {
  let commits = 0
  world.atPoint = (name) => {
    if (!name.startsWith('before ') || ++commits !== moment) return
    world.disk.failing = true
    world.clock.after(4000, () => {
      world.disk.failing = false
    })
  }
  return () => commits >= moment
}

/** What it said last may have arrived or not. */
const connectionCut: Disturbance = (world, moment) => {
  let calls = 0
  world.atPoint = () => {
    if (++calls === moment) world.clock.after(0, () => world.server.cut())
  }
  return () => calls >= moment
}

const counted = (hook: 'losing' | 'doubling'): Disturbance => {
  return (world, moment) => {
    let messages = 0
    world.server[hook] = () => ++messages === moment
    return () => messages >= moment
  }
}

const disturbances: Record<string, Disturbance> = {
  'the disk fails': diskFails,
  'the connection is cut': connectionCut,
  'a message is lost': counted('losing'),
  'a message comes twice': counted('doubling'),
}

/** @returns whether the disturbance came to pass: beyond the last moment it does not */
function play(script: Script, linkMode: Mode, disturb: Disturbance, moment: number): boolean {
  const world = new ScriptedWorld(identities, { linkMode })
  const happened = disturb(world, moment)
  world.start()
  for (const act of script) {
    world.pass(7)
    act(world)
  }
  for (let round = 0; round < 3; round++) {
    world.pass(30)
    world.machine.settle()
  }
  world.pass(300)
  const disturbed = happened()
  try {
    judge(world)
  } catch (error) {
    throw new Error(`at moment ${moment}: ${error instanceof Error ? error.message : error}`)
  }
  return disturbed
}

const everywhere = Object.entries(disturbances).map(
  ([name, disturb]) => ['permanent', name, disturb] as const,
)

describe.each([
  ...everywhere,
  // Where sleeping and waking come in.
  ['onDemand', 'the connection is cut', connectionCut] as const,
])('link %s, %s', (linkMode, _, disturb) => {
  test.each(Object.entries(scripts))('at each moment of: %s', (_name, script) => {
    let moment = 1
    while (play(script, linkMode, disturb, moment)) moment++
    expect(moment).toBeGreaterThan(1)
  })
})
