// ST12: the text with the code, sent to the buyer's number by the centre itself through Kannel's `sendsms`
// form. One attempt: a code that did not arrive is not sent again, the wait for it ends by itself and the
// buyer begins anew.
import { readFileSync } from 'node:fs'
import type { Log } from '@concilia/platform/log.ts'
import { OperatingError } from '@concilia/platform/operating-error.ts'
import { priceText } from '@concilia/protocol/money.ts'
import type { CodeText } from './books/commands.ts'
import type { CodesConfiguration } from './configuration.ts'

/** The buyer's words. At most 160 characters, all of the GSM 03.38 alphabet when the seller's name is. */
export function codeWords({ code, money, payee }: CodeText): string {
  const offer = `${payee.slice(0, 60)}: ${priceText(money)}.`
  return `${offer} Your code is ${code}. Give it to nobody but the machine's service.`
}

export function codeSender(settings: CodesConfiguration, log: Log): (text: CodeText) => void {
  const password = readPassword(settings.passwordFile)
  return (text) => {
    const line = log.child({ reference: text.reference })
    send(settings, password, text).then(
      (status) =>
        status >= 200 && status < 300
          ? line.info({ step: 'ST12' }, 'code handed to the gateway')
          : line.error({ status }, 'the gateway refused the text with the code'),
      (error: unknown) => line.error({ why: nameOf(error) }, 'the text with the code could not be sent'),
    )
  }
}

async function send(settings: CodesConfiguration, password: string, text: CodeText): Promise<number> {
  const url = new URL(settings.url)
  const form = {
    username: settings.username,
    password,
    from: settings.sender,
    to: text.subscriber.key,
    text: codeWords(text),
    charset: 'UTF-8',
  }
  for (const [name, value] of Object.entries(form)) url.searchParams.set(name, value)
  const answer = await fetch(url, { signal: AbortSignal.timeout(settings.timeoutMs), redirect: 'error' })
  await answer.body?.cancel()
  return answer.status
}

function readPassword(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (cause) {
    throw new OperatingError({
      code: 'codes-password-missing',
      message: `The password of the text gateway cannot be read from ${file}.`,
      advice: 'Put the password into that file, or take the [codes] section out of the configuration.',
      cause,
    })
  }
}

/** Not the message: it may hold the URL, and with it number and code. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown'
}
