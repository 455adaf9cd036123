import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { applicationWith } from '../../helpers/applications.ts'

const told = (secrets: readonly object[], more: Parameters<typeof applicationWith>[0] = {}) =>
  checkApplication(applicationWith({ ...more, secrets: secrets as Partial<SecretSpec>[] }))

test('consumers are reported with the equivalent reads, once for each tier', () => {
  const problems = told([
    { variable: 'A' },
    { variable: 'B', consumers: ['server'] },
    { variable: 'C', identity: 'mail' },
    { variable: 'D', identity: 'mail', consumers: ['server', 'worker'] },
    { variable: 'E', tier: 'web', consumers: ['site'] },
  ])
  expect(problems).toEqual([
    {
      code: 'WORD_GONE',
      where: 'catalogue tier "api"',
      message:
        '"B", "D" have `consumers`, a word that is gone. Expected `reads` of a workload that does not read all of the main target.',
      fix: "Remove `consumers`, and add to the workloads: worker: { …, reads: { identities: ['mail'], variables: ['A'] } }.",
    },
    {
      code: 'WORD_GONE',
      where: 'catalogue tier "web"',
      message:
        '"E" has `consumers`, a word that is gone. Expected `reads` of a workload that does not read all of the main target.',
      fix: 'Remove `consumers`: every workload reads the main target.',
    },
  ])
})

test('one exception is one line, however many entries name it', () => {
  const secrets = Array.from({ length: 25 }, (_, index) => ({ variable: `V${index}`, consumers: ['server'] }))
  expect(told([...secrets, { variable: 'SHARED' }]).map(({ fix }) => fix)).toEqual([
    "Remove `consumers`, and add to the workloads: worker: { …, reads: { variables: ['SHARED'] } }.",
  ])
  expect(told(secrets).map(({ fix }) => fix)).toEqual([
    'Remove `consumers`, and add to the workloads: worker: { …, reads: {} }.',
  ])
})

test.each([[null], ['server'], [[1]], [{}]])(
  'consumers that are %j are told too, and end in nothing else',
  (consumers) => {
    expect(told([{ variable: 'A', consumers }]).map(({ code }) => code)).toEqual(['WORD_GONE'])
  },
)

test('what else is wrong is reported beside it', () => {
  expect(told([{ variable: 'A', consumers: ['server'], formatt: 'x' }]).map(({ code }) => code)).toEqual([
    'SHAPE_INVALID',
    'WORD_GONE',
  ])
})
