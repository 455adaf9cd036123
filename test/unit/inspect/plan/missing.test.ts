import { expect, test } from 'vitest'
import { missingProblems, missingSecrets } from '../../../../scripts/inspect/plan/missing.ts'
import type { RemoteState } from '../../../../scripts/inspect/survey/remote-secrets.ts'
import { resolve, type TierModel } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const model = resolve(
  applicationWith({ secrets: [{ variable: 'MAIL_KEY' }, { variable: 'X', optional: true }] }),
  'dev',
)
const tier = model.tiers.find(({ name }) => name === 'api') as TierModel
const found = { id: '1', type: 'opaque', status: 'ready' }

/** What a plan says of one remote secret that has no version to deliver. */
function missing(name: string, view: Partial<RemoteState> = {}, uncatalogued: readonly string[] = []) {
  const remotes = tier.remoteSecrets
    .filter((one) => one.name === name)
    .map((remote) => ({ remote, elsewhere: [], ...view }))
  const [one] = missingSecrets(model, [{ tier, remotes, uncatalogued }], new Date())
  if (!one) throw new Error('it is not missing')
  const [problem] = missingProblems([one])
  return { ...one, problem }
}

const fill = 'npm run fill -- --environment dev --tier api --only MAIL_KEY --from <file>'

test('what Scaleway has nowhere has to be created', () => {
  expect(missing('mail-key')).toMatchObject({
    isNowhere: true,
    fix: fill,
    problem: {
      code: 'REMOTE_ABSENT',
      where: '/shop-api/mail-key',
      message: 'does not exist. Expected it to exist. The deployment would wait for it in vain.',
      fix: `Create it: \`${fill}\` (owner Shop team)`,
    },
  })
})

test('several that have to be created are one problem, which names no more than the list does', () => {
  const { problem, ...one } = missing('mail-key')
  const others = ['a', 'b'].map((name) => ({ ...one, remoteSecret: `/shop-api/${name}` }))
  const moved = { ...one, isNowhere: false, code: 'REMOTE_ELSEWHERE', remoteSecret: '/shop-api/c', fix: 'Move it.' }
  expect(missingProblems([one])).toEqual([problem])
  expect(missingProblems([...others, one, moved, { ...one, optional: true }])).toMatchObject([
    {
      code: 'REMOTE_ABSENT',
      where: '/shop-api/a, /shop-api/b, /shop-api/mail-key',
      message: expect.stringMatching(/^3 remote secrets do not exist\. Expected /),
    },
    { code: 'REMOTE_ELSEWHERE', where: '/shop-api/c', fix: 'Move it (owner Shop team)' },
  ])
})

test('what is in another folder has to be moved, and is not created a second time', () => {
  const { isNowhere, problem } = missing('mail-key', { elsewhere: ['/old'] })
  expect(isNowhere).toBe(false)
  expect(problem).toMatchObject({
    code: 'REMOTE_ELSEWHERE',
    message: expect.stringMatching(/^does not exist; a remote secret of this name is in \/old\. /),
    fix: expect.stringMatching(/^Move it: `scw secret secret update .*\(owner Shop team\)$/),
  })
  expect(JSON.stringify(problem)).not.toContain('npm run fill')
})

test('what has another name is reported by that name', () => {
  expect(missing('mail-key', {}, ['mail_key'])).toMatchObject({
    isNowhere: false,
    problem: {
      code: 'REMOTE_ABSENT',
      message: expect.stringContaining('The folder has "mail_key", which no entry names.'),
      fix: expect.stringContaining('or rename "mail_key"'),
    },
  })
  expect(missing('mail-key', {}, ['payment'])).toMatchObject({ isNowhere: true })
})

test('what has only disabled versions is there', () => {
  expect(missing('mail-key', { found })).toMatchObject({
    isNowhere: false,
    problem: { code: 'VERSION_ABSENT', fix: expect.stringMatching(/^Enable one of its versions/) },
  })
})

test('an optional one keeps no deployment back, and is reported where it is in another folder', () => {
  expect(missing('x')).toMatchObject({ optional: true, isNowhere: true, problem: undefined })
  expect(missing('x', { found })).toMatchObject({ isNowhere: false, problem: undefined })
  expect(missing('x', { elsewhere: ['/old'] }).problem).toMatchObject({
    code: 'REMOTE_ELSEWHERE',
    severity: 'warning',
    message: expect.not.stringContaining('in vain'),
  })
})
