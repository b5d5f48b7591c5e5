// Mutants of the links to operators' message centres.
import { circumstances } from './circumstances.ts'
import type { Mutant } from './mutant.ts'

export const linkMutants: readonly Mutant[] = [
  {
    name: 'delivery-acknowledged-at-once',
    says: 'the operator’s centre hears that a text is stored as soon as it has come',
    against: 9,
    edits: [
      {
        file: 'relation-server/phones/smpp/hearing.ts',
        find: 'receive(incoming, () => answer(status.ok)).then(shown',
        replace: 'answer(status.ok)\n    receive(incoming).then(shown',
      },
    ],
    needs: circumstances(),
    sales: 20,
  },
  {
    name: 'text-in-doubt-called-sent',
    says: 'a text whose link dropped before its answer is taken to be on its way',
    against: 9,
    edits: [
      {
        file: 'relation-server/phones/smpp/link.ts',
        find: 'return temporary(`in doubt: ',
        replace: "return { kind: 'sent' }\n      void (`",
      },
    ],
    needs: circumstances({ faults: { linkDeaf: 2_500 } }),
    sales: 200,
  },
  {
    name: 'throttled-text-dropped',
    says: 'a text that the centre has no room for now is taken to be refused for good',
    against: 9,
    edits: [
      {
        file: 'relation-server/phones/smpp/submitter.ts',
        find: 'if (wantPause.includes(code)) {',
        replace: 'if (wantPause.length === 0) {',
      },
      {
        file: 'relation-server/phones/smpp/submitter.ts',
        find: 'else if (temporary.includes(code)) this',
        replace: 'else if (code === status.systemError) this',
      },
    ],
    needs: circumstances({ busyGateway: 0.4 }),
    sales: 20,
  },
]
