import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { trackdechets } from '../fixtures/applications.ts'
import { chartOf, helms, tryTemplate, valuesFile } from '../helpers/chart.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { withValue } from '../helpers/values.ts'

const { chart, values: fileOf } = await chartOf(trackdechets)
const recette: unknown = parse(await readFile(fileOf('recette'), 'utf8'))
const folder = await sharedFolder()

/** A place of the values, a wrong value for it, what Helm says, and a right one. */
const examples: readonly [fact: string, place: string, wrong: unknown, said: RegExp, right: unknown][] = [
  ['a tier nobody catalogued', 'tiers.db', {}, /'\/tiers': additional properties 'db' not allowed/, undefined],
  [
    'a secret nobody catalogued',
    'tiers.backend.required.data.NEW_TOKEN',
    'path:/trackdechets-backend/new-token',
    /'\/tiers\/backend\/required\/data': additional properties 'NEW_TOKEN' not allowed/,
    undefined,
  ],
  [
    'a backend secret in the frontend',
    'tiers.frontend.required.data.DATABASE_URL',
    'path:/trackdechets-backend/database-url',
    /'\/tiers\/frontend\/required\/data': additional properties 'DATABASE_URL' not allowed/,
    undefined,
  ],
  [
    'a remote ref of the backend for a variable of the frontend',
    'tiers.frontend.required.data.API_ENDPOINT',
    'path:/trackdechets-backend/database-url',
    /'\/tiers\/frontend\/required\/data\/API_ENDPOINT': value must be 'path:\/trackdechets-frontend\/api-endpoint'/,
    'path:/trackdechets-frontend/api-endpoint',
  ],
  [
    'the credential of the backend in the frontend',
    'tiers.frontend.credentialsSecret',
    'scw-backend-credentials',
    /'\/tiers\/frontend\/credentialsSecret': value must be 'scw-frontend-credentials'/,
    'scw-frontend-credentials',
  ],
  [
    'a key of a bundle nobody catalogued',
    'tiers.backend.required.bundles.insee.keys',
    ['INSEE_ADMIN'],
    /'\/tiers\/backend\/required\/bundles\/insee\/keys\/0': value must be one of 'INSEE_CLIENT_ID', /,
    ['INSEE_CLIENT_ID'],
  ],
  ['a mistyped value', 'refreshIntervall', '1h', /'': additional properties 'refreshIntervall' not allowed/, undefined],
  [
    'a mistyped value inside',
    'scaleway.regoin',
    'fr-par',
    /'\/scaleway': additional properties 'regoin' not allowed/,
    undefined,
  ],
  [
    'a mistyped value of a tier',
    'tiers.backend.projectID',
    'x',
    /'\/tiers\/backend': additional properties 'projectID' not allowed/,
    undefined,
  ],
  [
    'another property of a bundle',
    'tiers.backend.required.bundles.s3.version',
    '1',
    /'\/tiers\/backend\/required\/bundles\/s3': additional properties 'version' not allowed/,
    undefined,
  ],
  [
    'an API elsewhere',
    'scaleway.apiUrl',
    'https://evil.example',
    /'\/scaleway\/apiUrl': 'https:\/\/evil\.example' does not match pattern/,
    'http://localhost:8080',
  ],
  [
    'an interval without a unit',
    'refreshInterval',
    '3600',
    /'\/refreshInterval': '3600' does not match pattern/,
    '3600s',
  ],
  ['an interval of nothing', 'refreshInterval', '0s', /'\/refreshInterval': 'not' failed/, '90s'],
  [
    'a project of no environment',
    'tiers.backend.projectId',
    '3f2b8c1e-90ab-4c3d-8e5f-60718293a4b5',
    /'\/tiers\/backend\/projectId': value must be one of /,
    '00000000-0000-4000-8000-000000000002',
  ],
  ['an isolation nobody knows', 'isolation', 'none', /'\/isolation': value must be one of 'path', 'project'/, 'path'],
  [
    'a missing folder',
    'tiers.backend.remotePath',
    undefined,
    /'\/tiers\/backend': missing property 'remotePath'/,
    '/trackdechets-backend',
  ],
  [
    'namespaces that are not kept',
    'namespaces.annotations',
    { 'helm.sh/resource-policy': 'delete' },
    /'\/namespaces\/annotations\/helm\.sh~1resource-policy': false schema/,
    { note: 'x' },
  ],
]

describe.each(helms)('%s', (_, helm) => {
  test.each(examples)('refuses %s', async (_fact, place, wrong, said, right) => {
    const refused = await tryTemplate(helm, chart, await valuesFile(folder, withValue(recette, place, wrong)))
    expect(refused.stderr).toMatch(said)
    expect([refused.exitCode, refused.stdout]).toEqual([1, ''])
    const accepted = await tryTemplate(helm, chart, await valuesFile(folder, withValue(recette, place, right)))
    expect(accepted.stderr).toBe('')
    expect(accepted.exitCode).toBe(0)
  })

  test('accepts what a parent chart hands to its subcharts', async () => {
    const values = withValue(recette, 'global', { imageRegistry: 'x' })
    expect((await tryTemplate(helm, chart, await valuesFile(folder, values))).stderr).toBe('')
  })

  test('refuses one deliberately invalid values file, with all of its mistakes at once', async () => {
    const { stderr, exitCode } = await tryTemplate(helm, chart, 'test/fixtures/invalid-values.yaml')
    expect(exitCode).toBe(1)
    for (const place of ["'/isolation'", "'/scaleway/apiUrl'", "'/tiers/backend/namespace'", "'DATABASE_URL'"]) {
      expect(stderr).toContain(place)
    }
  })
})
