// Somebody with a browser that runs no script: follows redirects, keeps cookies, fills in and sends the forms
// of a page. Knows nothing of ours but what the HTML says.

export interface Form {
  readonly method: string
  readonly action: string
  /** What its fields hold already. */
  readonly fields: Readonly<Record<string, string>>
  /** Names of fields to fill in. */
  readonly open: readonly string[]
  readonly button: string
}

export class PageVisitor {
  readonly #language: string
  readonly #cookies = new Map<string, string>()
  #url: URL
  #html = ''

  constructor(url: string, language = 'en') {
    this.#url = new URL(url)
    this.#language = language
  }

  get html(): string {
    return this.#html
  }

  /** Path and query of the page that is looked at. */
  get place(): string {
    return this.#url.pathname + this.#url.search
  }

  /** The words in the middle of the page. */
  get text(): string {
    const [, main = ''] = /<main[^>]*>([\s\S]*)<\/main>/.exec(this.#html) ?? []
    return plain(main)
  }

  get forms(): Form[] {
    return [...this.#html.matchAll(/<form([^>]*)>([\s\S]*?)<\/form>/g)].map(([, tag = '', inner = '']) => {
      const inputs = [...inner.matchAll(/<input([^>]*)>/g)].map(([, each = '']) => ({
        name: attribute(each, 'name'),
        value: attribute(each, 'value'),
        hidden: attribute(each, 'type') === 'hidden',
      }))
      return {
        method: attribute(tag, 'method') || 'get',
        action: attribute(tag, 'action'),
        fields: Object.fromEntries(
          inputs.filter(({ hidden }) => hidden).map((each) => [each.name, each.value]),
        ),
        open: inputs.filter(({ hidden }) => !hidden).map(({ name }) => name),
        button: plain(/<button[^>]*>([\s\S]*?)<\/button>/.exec(inner)?.[1] ?? ''),
      }
    })
  }

  /** Loads the page, or loads it again. */
  async look(): Promise<string> {
    await this.#request('GET', this.#url)
    return this.text
  }

  /**
   * Presses a button.
   * @param button its words, or the beginning of them
   * @param values what is typed into the form's fields, in order
   * @throws Error when the page has no such button
   */
  async press(button: string, ...values: string[]): Promise<string> {
    const form = this.forms.find((each) => each.button.startsWith(button))
    if (!form) throw new Error(`no button "${button}" on the page: ${this.text}`)
    const typed = Object.fromEntries(form.open.map((name, index) => [name, values[index] ?? '']))
    const fields = new URLSearchParams({ ...form.fields, ...typed })
    const url = new URL(form.action, this.#url)
    if (form.method === 'post') await this.#request('POST', url, fields)
    else await this.#request('GET', new URL(`${url.pathname}?${fields}`, url))
    return this.text
  }

  async #request(method: string, url: URL, body?: URLSearchParams): Promise<void> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: {
        'accept-language': this.#language,
        ...(cookie && { cookie }),
        ...(body && { origin: url.origin }),
      },
      ...(body && { body }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      this.#cookies.set(name, value)
    }
    const next = response.headers.get('location')
    if (next !== null) return await this.#request('GET', new URL(next, url))
    this.#url = url
    this.#html = await response.text()
  }
}

function attribute(tag: string, name: string): string {
  return plain(new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1] ?? '')
}

function plain(html: string): string {
  return html
    .replace(/<noscript>[\s\S]*?<\/noscript>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
    .trim()
}
