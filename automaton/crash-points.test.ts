// The process ends at each call it makes to the outside, one run a call, and a new one starts on what it
// left: whatever the moment, at most one item a sale, one promise, a last word that agrees with the machine,
// and standby again.
import { beforeAll, describe, expect, test } from 'vitest'
import { judge, type Script, scripts } from './scripted-stories.ts'
import { enrol, type Identities, Killed, ScriptedWorld } from './scripted-world.ts'

let identities: Identities
beforeAll(async () => {
  identities = await enrol()
})

/**
 * Plays the script; when the process ends, the next one starts at once and the rest of the script goes on.
 */
function play(script: Script, killAt: number, linkMode: 'permanent' | 'onDemand') {
  const world = new ScriptedWorld(identities, { linkMode })
  world.killAt = killAt
  let restarts = 0
  const surviving = (act: () => void) => {
    try {
      act()
    } catch (error) {
      if (!(error instanceof Killed)) throw error
      restarts++
      world.kill()
      world.start()
    }
  }
  surviving(() => world.start())
  for (const act of script) {
    surviving(() => world.pass(7))
    surviving(() => act(world))
  }
  // What a driver that listens finds out comes within the vend limit.
  for (let round = 0; round < 3; round++) {
    surviving(() => world.pass(30))
    surviving(() => world.machine.settle())
  }
  surviving(() => world.pass(300))
  return { world, restarts }
}

describe.each(['permanent', 'onDemand'] as const)('link %s', (linkMode) => {
  test.each(Object.entries(scripts))('killed at each call: %s', (_, script) => {
    const { world: whole } = play(script, Number.POSITIVE_INFINITY, linkMode)
    judge(whole)
    const { points } = whole
    expect(points.length).toBeGreaterThan(5)
    for (let killAt = 1; killAt <= points.length; killAt++) {
      const { world, restarts } = play(script, killAt, linkMode)
      const where = `killed at call ${killAt}, ${points[killAt - 1]}`
      expect(restarts, where).toBe(1)
      try {
        judge(world)
      } catch (error) {
        throw new Error(`${where}: ${error instanceof Error ? error.message : error}`)
      }
    }
  })
})
