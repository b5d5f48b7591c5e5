// The payment centre, or one of its commands: configuration in, the real parts put together.
import { usageError } from '@concilia/platform/command-line.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { openCentre } from './centre.ts'
import { description, runCommand } from './operator-commands.ts'

await runMain(description, async (line) => {
  if (line.flags.config === undefined) throw usageError(description, '--config FILE is needed')
  const centre = await openCentre(line.flags.config)
  // What only a server needs is not loaded for a command.
  if (line.command === '') return (await import('./serve.ts')).serve(centre)
  try {
    console.log(await runCommand(centre, line))
  } finally {
    await centre.close()
  }
  return undefined
})
