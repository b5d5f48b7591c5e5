// The buyer's part of a sale on the machine's page: proves the number once, then taps. Reads only what a
// browser shows and what comes by text.
import { systemClock } from '@concilia/platform/system-clock.ts'
import { PageVisitor } from '../page-visitor.ts'
import { patienceMs } from './at-machine.ts'
import { answerPrice, centreCode, Inbox, isAskedForCode, type Visit } from './buyer-at-phone.ts'

/** How often somebody looks at a page again (ms). */
const lookEveryMs = 250

/** Until the price has been answered or refused. */
export async function payOnPage(visit: Visit, meanwhile: () => Promise<void>): Promise<void> {
  const { house, buyer, machine } = visit
  const url = house.pageOf(machine)
  const act = (words: string) =>
    house.happenings.tell({ kind: 'act', at: systemClock.now(), party: `${buyer.name} buyer`, words })
  const page = new PageVisitor(url)
  const texts = new Inbox(house, buyer)
  try {
    act(`opens ${url}`)
    await page.look()
    await page.press('Send me a code', buyer.number)
    let code: string | undefined
    while (code === undefined) code = /: (\d{6}) proves your number/.exec(await texts.next())?.[1]
    act('types the code on the page')
    await page.press('Continue', code)
    await page.press('I am at this machine')
    let asked = false
    for (const until = systemClock.monotonic() + 2 * patienceMs; systemClock.monotonic() < until; ) {
      const words = page.text
      if (page.forms.some(({ button }) => button.startsWith('Pay '))) {
        act(`reads on the page: ${words}`)
        await answerPrice(visit, async (yes) => void (await page.press(yes ? 'Pay ' : 'Cancel')))
        if (isAskedForCode(buyer)) await validate(page, texts)
        return
      }
      if (/refused|cannot sell|does not work/.test(words)) return
      if (/^Choose your item/.test(words) && !asked) {
        asked = true
        await meanwhile()
      }
      await new Promise<void>((resolve) => systemClock.after(lookEveryMs, resolve))
      await page.look()
    }
    throw new Error(`the page does not go on: ${page.text}`)
  } finally {
    texts.close()
  }
}

async function validate(page: PageVisitor, texts: Inbox): Promise<void> {
  const code = await centreCode(texts, true)
  while (!page.forms.some(({ open }) => open.includes('code'))) {
    await new Promise<void>((resolve) => systemClock.after(lookEveryMs, resolve))
    await page.look()
  }
  await page.press('Continue', code)
}
