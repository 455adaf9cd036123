import { expect, test } from 'vitest'
import { consumersOf, consumes, readsFor, readsText } from '../../../scripts/model/consumers.ts'
import type { ReadsSpec } from '../../../scripts/model/types.ts'
import { secret } from '../../helpers/applications.ts'

const plain = secret({ variable: 'PLAIN' })
const user = secret({ variable: 'USER', identity: 'mail' })
const password = secret({ variable: 'PASSWORD', identity: 'mail' })
const job = secret({ variable: 'JOB', target: 'jobs' })
const hint = secret({ variable: 'HINT', target: 'jobs', optional: true })
const all = [plain, user, password, job, hint]

const readBy = (reads?: ReadsSpec) => {
  const workloads = { server: { kind: 'Deployment', ...(reads ? { reads } : {}) } } as const
  return all.filter((spec) => consumes({ name: 'api', workloads }, 'server', spec)).map(({ variable }) => variable)
}

test.each([
  [undefined, ['PLAIN', 'USER', 'PASSWORD']],
  [{}, []],
  [{ targets: ['jobs'] }, ['JOB', 'HINT']],
  [{ targets: ['main', 'jobs'] }, ['PLAIN', 'USER', 'PASSWORD', 'JOB', 'HINT']],
  [{ identities: ['mail'] }, ['USER', 'PASSWORD']],
  [{ variables: ['HINT', 'USER'] }, ['USER', 'HINT']],
  [{ targets: ['jobs'], identities: ['mail'], variables: ['PLAIN'] }, ['PLAIN', 'USER', 'PASSWORD', 'JOB', 'HINT']],
] as [ReadsSpec | undefined, string[]][])('%o reads %j', (reads, variables) => {
  expect(readBy(reads)).toEqual(variables)
})

test('what no workload of the tier is reads nothing', () => {
  expect(consumes({ name: 'api', workloads: {} }, 'toString', plain)).toBe(false)
  expect(
    consumersOf({ name: 'api', workloads: { a: { kind: 'Job', reads: {} }, b: { kind: 'Job' } } }, [plain]),
  ).toEqual([{ name: 'b', kind: 'Job' }])
})

test('an entry of another tier is read by none of this one', () => {
  expect(consumersOf({ name: 'web', workloads: { a: { kind: 'Job' } } }, all)).toEqual([])
})

test.each([
  [[plain, user, password], undefined],
  [all, { targets: ['main', 'jobs'] }],
  [[plain, user, password, job], { targets: ['main'], variables: ['JOB'] }],
  [[user, password], { identities: ['mail'] }],
  [[plain, user], { variables: ['PLAIN', 'USER'] }],
  [[job, hint, user], { targets: ['jobs'], variables: ['USER'] }],
  [[], {}],
])('the shortest way to say %o', (wanted, reads) => {
  expect(readsFor(wanted, all)).toEqual(reads)
  expect(readBy(reads)).toEqual(
    all.filter((spec) => (wanted as readonly unknown[]).includes(spec)).map(({ variable }) => variable),
  )
})

test('it is printed as it is written', () => {
  expect(readsText({ targets: ['main', 'jobs'], variables: ['A'] })).toBe(
    "reads: { targets: ['main', 'jobs'], variables: ['A'] }",
  )
  expect(readsText({})).toBe('reads: {}')
})
