// The payment centre, or one of its commands: configuration in, the real parts put together.
import { usageError } from '@concilia/platform/command-line.ts'
import { runMain } from '@concilia/platform/run-main.ts'
import { openCentre } from './centre.ts'
import { description, runCommand } from './operator-commands.ts'
import { serve } from './serve.ts'

await runMain(description, async (line) => {
  if (line.flags.config === undefined) throw usageError(description, '--config FILE is needed')
  const centre = await openCentre(line.flags.config)
  if (line.command === '') return serve(centre)
  try {
    console.log(await runCommand(centre, line))
  } finally {
    await centre.close()
  }
  return undefined
})
