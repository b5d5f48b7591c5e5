// What a machine's page says besides the sentences of all ways: each with what it must name. The words are in
// the section [page] of the language files.

/** What may stand in braces in this section. */
export const pagePlaceholders = ['machine', 'number', 'price', 'tries', 'service', 'helpNumber'] as const
export type PagePlaceholder = (typeof pagePlaceholders)[number]

export const pageWords = {
  title: ['machine'],
  askMachine: [],
  noSuchMachine: ['machine'],
  yourNumber: [],
  numberHint: [],
  sendCode: [],
  notMobile: [],
  tooManyCodes: [],
  yourCode: ['number'],
  wrongCode: ['tries'],
  codeOver: [],
  goOn: [],
  anotherNumber: [],
  yourNumberIs: ['number'],
  here: [],
  price: ['price'],
  pay: ['price'],
  cancel: [],
  validation: [],
  pin: [],
  choosePin: [],
  currentPin: [],
  newPin: [],
  pinSet: [],
  pinWrong: [],
  pinForm: [],
  pinNotNow: ['helpNumber'],
  pinNoAccount: ['helpNumber'],
  waiting: [],
  lookAgain: [],
  again: [],
  failed: [],
  contact: ['service', 'helpNumber'],
} as const satisfies Readonly<Record<string, readonly PagePlaceholder[]>>

export type PageWord = keyof typeof pageWords
export type PageFields = Readonly<Partial<Record<PagePlaceholder, string>>>
