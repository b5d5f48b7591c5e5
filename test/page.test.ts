// The machine's page in a real browser: with its script, which follows what is said; without, by buttons
// alone; and on the smallest phone, in the other language. The server behind is the engine in memory on a
// real port.
import { accessSync, constants } from 'node:fs'
import { openPages } from '@concilia/relation-server/phones/web/pages-fixture.ts'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const path = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(isThere)
if (path) describe('in Chromium', () => inBrowser(path))
else test('in Chromium', ({ skip }) => skip('not tried: no Chromium is installed (apt-get install chromium)'))

function inBrowser(executablePath: string) {
  let browser: Browser
  let pages: Awaited<ReturnType<typeof openPages>>
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  }, 60_000)
  afterAll(() => browser?.close())
  beforeEach(async () => {
    pages = await openPages()
  })
  afterEach(() => pages.close())

  const visit = async (options: BrowserContextOptions = {}): Promise<Page> => {
    const context = await browser.newContext({ locale: 'en-GB', ...options })
    const page = await context.newPage()
    await page.goto(`${pages.origin}/m/4021`)
    return page
  }
  const prove = async (page: Page) => {
    await page.getByLabel('Your mobile number').fill('06 12 34 56 78')
    await page.getByRole('button', { name: 'Send me a code' }).click()
    await page.getByLabel(/The code we have sent/).waitFor()
    await page.getByLabel(/The code we have sent/).fill(pages.code())
    await page.getByRole('button', { name: 'Continue' }).click()
  }
  /** The server's clock goes on until the page shows it. */
  const shows = async (page: Page, words: string | RegExp) => {
    const shown = page.getByRole('main').getByText(words).first()
    for (let turn = 0; turn < 100 && !(await shown.isVisible()); turn++) {
      await pages.scenario.pass(500)
      await page.evaluate('new Promise((shown) => requestAnimationFrame(shown))').catch(() => {})
    }
    await shown.waitFor({ timeout: 15_000 })
  }

  test('with its script it follows by itself: no tap but the one that pays', {
    timeout: 90_000,
  }, async () => {
    const { machine, scenario } = pages
    const page = await visit()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (line) => line.type() === 'error' && faults.push(line.text()))
    await prove(page)
    await shows(page, /^Choose your item on machine 4021/)
    const saleId = await machine.offer()
    await shows(page, '1.50 EUR incl. tax')
    await page.getByRole('button', { name: 'Pay 1.50 EUR' }).click()
    await shows(page, /^Thank you/)
    await machine.report(saleId, 'delivered')
    await shows(page, /^Paid 1\.50 EUR incl\. tax to Snacks & Co/)
    expect(scenario.centre.paid(saleId)).toBe(150)
    expect(faults).toEqual([])
  })

  test('without script all works by buttons', { timeout: 90_000 }, async () => {
    const { machine, scenario } = pages
    const saleId = await machine.offer()
    const page = await visit({ javaScriptEnabled: false })
    await prove(page)
    await page.getByRole('button', { name: 'I am at this machine' }).click()
    await page.getByRole('button', { name: 'Pay 1.50 EUR' }).click()
    await page.getByText('Thank you').waitFor()
    await machine.report(saleId, 'failed')
    await page.goto(page.url())
    await page.getByText('you have your 1.50 EUR back').waitFor()
    expect(scenario.centre.paid(saleId)).toBe(0)
  })

  test('on the smallest phone, in the dark, in French, nothing is cut off', { timeout: 90_000 }, async () => {
    const { machine } = pages
    await machine.offer()
    const page = await visit({ locale: 'fr-FR', viewport: { width: 320, height: 480 }, colorScheme: 'dark' })
    await page.getByLabel('Votre numéro de mobile').fill('06 12 34 56 78')
    await page.getByRole('button', { name: 'Recevoir un code' }).click()
    await page.getByLabel(/Le code envoyé/).fill(pages.code())
    await page.getByRole('button', { name: 'Continuer' }).click()
    await page.getByRole('button', { name: 'Payer 1,50 EUR' }).waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true)
    await page.getByRole('link', { name: 'English' }).click()
    await page.getByRole('button', { name: 'Pay 1.50 EUR' }).waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('en')
  })
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
