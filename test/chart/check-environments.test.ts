import { beforeAll, describe, expect, test } from 'vitest'
import type { Application, EnvironmentSpec } from '../../scripts/model/types.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { adoptApplication, folderWith, type Repository } from '../helpers/repository.ts'

const { environments } = trackdechets
const withRecette = (fields: object): Application => ({
  ...trackdechets,
  environments: { ...environments, recette: { ...environments.recette, ...fields } as EnvironmentSpec },
})

let user: Repository
beforeAll(async () => {
  user = await folderWith(trackdechets)
  expect(await user.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
})

/** The rows of the table, and the lines of the steps. */
async function check() {
  const { exitCode, stdout, stderr } = await user.cli(['check', '--all'])
  const rows = stdout.split('\n').map((line) => line.split(/ {2,}/))
  return {
    exitCode,
    rows: rows.slice(1),
    stderr,
    steps: stderr.split('\n').filter((line) => /^(ok|failed|left)/.test(line)),
  }
}

test('all environments are in one table', async () => {
  const { exitCode, rows } = await check()
  expect([exitCode, rows]).toEqual([
    0,
    ['production', 'recette', 'sandbox'].map((name) => [name, 'ok', 'nothing is wrong']),
  ])
})

describe('one broken environment hides no other', () => {
  test.each([
    ['by a rule', { refreshInterval: 'often' }, 'REFRESH_INTERVAL_INVALID'],
    ['by its shape', { region: 7 }, 'SHAPE_INVALID'],
  ])('broken %s: the others are compared, rendered and judged', async (_title, fields, code) => {
    const values = await user.read('values/sandbox.yaml')
    await adoptApplication(user, withRecette(fields))
    await user.write('values/sandbox.yaml', values.replace('refreshInterval: 1h', 'refreshInterval: 1h\nnonsense: 1'))
    const { exitCode, rows, stderr, steps } = await check()
    await user.write('values/sandbox.yaml', values)
    await adoptApplication(user, trackdechets)
    expect([exitCode, rows]).toEqual([
      3,
      [
        ['production', 'ok', 'nothing is wrong'],
        ['recette', 'problems', code],
        ['sandbox', 'problems', 'TOOL_FAILED, STALE'],
      ],
    ])
    expect(steps.slice(2)).toEqual([
      'left out  recette, and files that follow from all environments',
      'failed  generated files: 1 problem',
      'failed  chart and manifests: 1 problem',
    ])
    expect(stderr).toMatch(new RegExp(`^environment "recette".*\\n.*\\n +\\(${code}\\)$`, 'm'))
  })

  test('what is wrong with none of them alone has a row of its own', async () => {
    const path = 'charts/tiered-secrets/values.schema.json'
    const schema = await user.read(path)
    await user.write(path, `${schema}\n`)
    const { exitCode, rows } = await check()
    await user.write(path, schema)
    expect([exitCode, rows.at(-1), rows.length]).toEqual([3, ['(common)', 'problems', 'STALE'], 4])
  })
})

test('with a broken catalogue no environment can be judged', async () => {
  await adoptApplication(user, { ...trackdechets, catalogue: { ...trackdechets.catalogue, application: 'Not A Name' } })
  const { exitCode, rows, steps, stderr } = await check()
  await adoptApplication(user, trackdechets)
  expect([exitCode, rows, steps.length]).toEqual([3, [], 2])
  expect(stderr).toContain('(KUBERNETES_NAME_INVALID)')
})
