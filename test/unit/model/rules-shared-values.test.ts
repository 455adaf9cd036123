import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const key = { variable: 'KEY' } satisfies Partial<SecretSpec>
const web = { tier: 'web', variable: 'KEY', sameAs: 'api.KEY' } satisfies Partial<SecretSpec>

ruleTest('sameAs names an entry that exists', {
  refuses: { secrets: [key, { ...web, sameAs: 'api.KAY' }, { ...web, variable: 'OTHER', sameAs: 'KEY' as 'x.y' }] },
  telling: [
    {
      code: 'SAME_AS_UNKNOWN',
      where: 'catalogue "KEY" (web)',
      message:
        'sameAs names "api.KAY", and there is no such entry. Did you mean "api.KEY"? Expected <tier>.<variable> of another entry.',
    },
    {
      code: 'SAME_AS_UNKNOWN',
      where: 'catalogue "OTHER" (web)',
      message: 'sameAs names "KEY", and there is no such entry. Expected <tier>.<variable> of another entry.',
    },
  ],
  accepts: { secrets: [key, web] },
})

ruleTest('sameAs does not name the entry itself', {
  refuses: { secrets: [{ ...key, sameAs: 'api.KEY' }] },
  telling: [
    {
      code: 'SAME_AS_ITSELF',
      where: 'catalogue "KEY" (api)',
      message: 'sameAs names the entry itself. Expected another entry.',
    },
  ],
  // One value under two names, each with a remote secret of its own.
  accepts: { secrets: [key, { variable: 'OTHER', sameAs: 'api.KEY' }] },
})

ruleTest('what sameAs names has a value of its own', {
  refuses: { secrets: [key, { variable: 'OTHER', sameAs: 'api.KEY' }, { ...web, sameAs: 'api.OTHER' }] },
  telling: [
    {
      code: 'SAME_AS_CHAIN',
      where: 'catalogue "KEY" (web)',
      message:
        'sameAs names "api.OTHER", which has the value of "api.KEY" itself. Expected the entry that has a value of its own.',
    },
  ],
  accepts: { secrets: [key, { variable: 'OTHER', sameAs: 'api.KEY' }, web] },
})

ruleTest('sameAs leads in no circle', {
  refuses: { secrets: [{ ...key, sameAs: 'web.KEY' }, web, { variable: 'OTHER', sameAs: 'web.KEY' }] },
  telling: [
    ['KEY" (api)', 'api.KEY, web.KEY, api.KEY'],
    ['KEY" (web)', 'web.KEY, api.KEY, web.KEY'],
    ['OTHER" (api)', 'api.OTHER, web.KEY, api.KEY, web.KEY'],
  ].map(([where, circle]) => ({
    code: 'SAME_AS_CIRCLE',
    where: `catalogue "${where}`,
    message: `sameAs leads in a circle: ${circle}. Expected one entry with a value of its own, which the others name.`,
  })),
  accepts: { secrets: [key, web, { variable: 'OTHER', sameAs: 'api.KEY' }] },
})

const environments = {
  dev: environment(),
  test: environment({ projectId: projects.other, kubeContext: 'shop-test' } as object),
}

ruleTest('a value is shared only where its origin exists', {
  refuses: { environments, secrets: [{ ...key, environments: ['dev'] }, web] },
  telling: [
    {
      code: 'SAME_AS_ELSEWHERE',
      where: 'catalogue "KEY" (web)',
      message: 'exists in "test", where "api.KEY" does not. Expected no environment but those of "api.KEY".',
    },
  ],
  accepts: { environments, secrets: [key, { ...web, environments: ['dev'] }] },
})

ruleTest('what shares a value is like its origin', {
  refuses: {
    secrets: [
      { ...key, optional: true, rotation: '90d' },
      { ...web, format: 'random-secret', rotation: '30d', overlap: '7d' },
    ],
  },
  telling: [
    {
      code: 'SAME_AS_DIFFERS',
      where: 'catalogue "KEY" (web)',
      message:
        'shares the value of "api.KEY" and differs from it: format is "random-secret" here and "token" there; optional is "false" here and "true" there; rotation is "30d" here and "90d" there; overlap is "7d" here and none there. Expected the same.',
    },
  ],
  accepts: {
    secrets: [
      { ...key, optional: true, rotation: '90d', overlap: '7d' },
      { ...web, optional: true, rotation: '90d' },
    ],
  },
})

ruleTest('an overlap of a shared value is that of its identities', {
  refuses: {
    secrets: [
      { ...key, overlap: '7d' },
      { ...web, identity: 'login' },
      { tier: 'web', variable: 'USER', identity: 'login' },
    ],
  },
  telling: [
    {
      code: 'IDENTITY_WITH_TWO_OVERLAPS',
      where: 'catalogue identity "login"',
      message: 'its values have the overlaps "7d" and "none". Expected one for all.',
    },
  ],
  accepts: {
    secrets: [
      { ...key, overlap: '7d' },
      { ...web, identity: 'login' },
      { tier: 'web', variable: 'USER', identity: 'login', overlap: '7d' },
    ],
  },
})

test('what reads one field as an entry that shares its value shares it too', () => {
  const field = { remoteName: 'keys', property: ['key'] }
  const codes = (other: Partial<SecretSpec>) =>
    checkApplication(
      applicationWith({ secrets: [{ ...key, ...field }, { variable: 'OTHER', ...field, ...other }, web] }),
    )
      .filter(({ severity }) => severity !== 'warning')
      .map(({ code, where }) => [code, where])
  expect(codes({})).toEqual([['SAME_AS_LEFT_OUT', 'catalogue "OTHER" (api)']])
  expect(codes({ sameAs: 'api.KEY' })).toEqual([])
  expect(codes({ property: ['other'] })).toEqual([])
})

ruleTest('what is irreplaceable has no rotation', {
  refuses: { secrets: [{ ...key, irreplaceable: 'it encrypts rows', rotation: '90d' }] },
  telling: [
    {
      code: 'IRREPLACEABLE_WITH_ROTATION',
      where: 'catalogue "KEY" (api)',
      message: 'is irreplaceable, and has a rotation of 90d. Expected one of them.',
    },
  ],
  accepts: { secrets: [{ ...key, irreplaceable: 'it encrypts rows' }] },
})

test('that a value is irreplaceable is said at its origin', () => {
  const found = checkApplication(applicationWith({ secrets: [key, { ...web, irreplaceable: 'it encrypts rows' }] }))
  expect(found.map(({ code, message }) => [code, message])).toEqual([
    [
      'SAME_AS_DIFFERS',
      'shares the value of "api.KEY" and differs from it: irreplaceable is "it encrypts rows" here and none there. Expected the same.',
    ],
  ])
})
