// Seeds that once broke a rule, with what was mended then. They are run again with every check. A seed is the
// same run only as long as the programs are: what each of them found is also a test of its own or a mutant.
export const keptSeeds: Readonly<Record<string, string>> = {
  '11': 'a code that overtook its offer was not looked at, and the auditor took it for a wrong one',
  '24': 'a dialogue’s "1 See the price" was taken for the yes to a price that nobody had read',
  '36': 'a step came again at another server, and paid the price that nobody had seen yet',
  '72': 'a second coin of a kind, a fifth of a second after the first, was taken for the first told again',
  '75': 'a confirmation was repeated so seldom that its hold lapsed while the goods were in hand',
  '77': 'a server whose clock was a day behind refused an outcome’s signature, and a person gave money back',
  '95': 'a refusal and a void that came of one event had one id, and the answer to the one removed the other',
  '96': 'a disk was full when the server answered a birth: words that were stored were owed for ever',
  '102': 'of two servers on one database one was a day behind, and the other found its deadlines long past',
  '106': 'a hold lapsed as soon as the centre was back, before the confirmation was repeated',
  '123': 'a step read after a standstill came again, and its unseen screen was consented to',
  '205': 'the price shown in answer to "1" was taken to be what that "1" had answered',
  '231': 'the same at another place of a dialogue',
  '215': 'a confirmation whose server ended in its attempt waited until its hold had lapsed',
  '736': 'the server stood still until the hold had lapsed whose goods were in hand',
  '228': 'a void vanished with the answer to the instruction that shared its id',
  '449': 'a replaced journal’s birth, read late, was admitted, and the machine never asked again',
  '728': 'a coin whose words nothing told from the coin before it, after a lost answer, went without a word',
  '838': 'a machine took the admission of the journal before its own for its own',
}
