import { expect, test } from 'vitest'
import { errorsByEnvironment } from '../../../scripts/model/rules/by-environment.ts'
import type { Application, EnvironmentSpec } from '../../../scripts/model/types.ts'
import { kiosk } from '../../fixtures/kiosk.ts'

const withProduction = (fields: object): Application => ({
  ...kiosk,
  environments: {
    ...kiosk.environments,
    production: { ...kiosk.environments.production, ...fields } as EnvironmentSpec,
  },
})
const codes = (application: Application) => {
  const { common, own } = errorsByEnvironment(application)
  return {
    common: common.map(({ code }) => code),
    own: Object.fromEntries([...own].map(([name, problems]) => [name, problems.map(({ code }) => code)])),
  }
}

test('an application without errors has none', () => {
  expect(codes(kiosk)).toEqual({ common: [], own: {} })
})

test.each([
  [{ projectId: 'no-uuid' }, ['PROJECT_ID_INVALID']],
  [{ projectId: 7 }, ['SHAPE_INVALID']],
  [{ region: undefined, unknown: 1 }, ['SHAPE_INVALID', 'SHAPE_INVALID']],
])('%j is an error of production alone', (fields, expected) => {
  expect(codes(withProduction(fields))).toEqual({ common: [], own: { production: expected } })
})

test('a rule sees the others when one is misshapen, and entries for that one alone are no errors', () => {
  const { catalogue } = kiosk
  const secrets = catalogue.secrets.map((secret) =>
    secret.sameAs === undefined ? secret : { ...secret, environments: ['production'] },
  ) as typeof catalogue.secrets
  const broken = { ...withProduction({ projectId: 7 }), catalogue: { ...catalogue, secrets } }
  expect(codes(broken)).toEqual({ common: [], own: { production: ['SHAPE_INVALID'] } })
  const staging = { ...kiosk.environments.staging, projectId: 'no-uuid' } as EnvironmentSpec
  expect(codes({ ...broken, environments: { ...broken.environments, staging } })).toEqual({
    common: [],
    own: { production: ['SHAPE_INVALID'], staging: ['PROJECT_ID_INVALID'] },
  })
})

test('what is wrong with the catalogue stops all of them', () => {
  const catalogue = { ...kiosk.catalogue, application: 'Not A Name' }
  expect(codes({ ...withProduction({ projectId: 7 }), catalogue }).common).toContain('KUBERNETES_NAME_INVALID')
  expect(codes({ ...kiosk, environments: {} })).toEqual({ common: ['SHAPE_INVALID'], own: {} })
})
