// The configuration of a machine, decided under its lock: a person gives one, the machine is told until it
// answers, and told again whenever its birth names another one than is wanted.
import type { ConfigurationAnswer } from '@concilia/protocol/machine-configuration.ts'
import type { Birth } from '@concilia/protocol/messages.ts'
import { sha256 } from '@concilia/protocol/random.ts'
import { addConfiguration, configurationRetryMs, configurationRowId } from './outgoing.ts'
import type { Scene } from './scene.ts'
import type { World } from './world.ts'

/** A person's word. The version rises above all that the machine may have had, a restored server's too. */
export function configure(scene: Scene, world: World, text: string): void {
  const { automatonId, wantedVersion, versionInForce, state } = scene.machine
  const version = Math.max(wantedVersion, versionInForce) + 1
  const hash = sha256(text)
  scene.changes.configurations.push({ automatonId, version, hash, text, at: world.at })
  scene.putMachine({ wantedVersion: version, wantedHash: hash, configurationRefusal: null })
  if (state === 'admitted') tellConfiguration(scene, world.at)
}

/** An accepted birth says what is in force. */
export function configurationNamed(scene: Scene, world: World, birth: Birth): void {
  const { wantedVersion, wantedHash } = scene.machine
  const { configurationVersion, configurationHash } = birth
  scene.putMachine({ versionInForce: configurationVersion })
  if (configurationVersion !== wantedVersion || (wantedVersion > 0 && configurationHash !== wantedHash)) {
    tellConfiguration(scene, world.at + configurationRetryMs)
  } else if (wantedVersion > 0) settled(scene)
}

/**
 * Sends the wanted one, if there is one, in place of whatever is still being sent.
 * @param dueAt when it is sent again; at once after a person's word, because another process than the one
 *   that holds the links may be deciding this
 */
export function tellConfiguration(scene: Scene, dueAt: number): void {
  const { automatonId, wantedVersion: version } = scene.machine
  if (version === 0) return
  scene.changes.outboxDone.push(configurationRowId(automatonId))
  addConfiguration(scene, automatonId, { version, dueAt })
}

export function configurationAnswered(scene: Scene, answer: ConfigurationAnswer): void {
  const { automatonId, wantedVersion, wantedHash } = scene.machine
  const { version, hash, reason, inForce } = answer
  scene.putMachine({ versionInForce: inForce })
  // An answer to one that was given before: nobody waits for it any more.
  if (version !== wantedVersion || hash !== wantedHash) return
  if (answer.answer === 'accepted') {
    settled(scene)
    scene.note({ words: `${automatonId} runs on configuration ${version}` })
    return
  }
  const why = reason ?? 'no reason given'
  scene.changes.outboxDone.push(configurationRowId(automatonId))
  scene.putMachine({ configurationRefusal: why })
  scene.note({ words: `${automatonId} rejects configuration ${version}: ${why}`, alarm: true })
}

function settled(scene: Scene): void {
  scene.changes.outboxDone.push(configurationRowId(scene.machine.automatonId))
  scene.putMachine({ configurationRefusal: null })
}
