import { describe, expect, test } from 'vitest'
import { errorsByEnvironment, errorsOfOne } from '../../../scripts/model/rules/by-environment.ts'
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

test('a rule sees the others when one is misshapen, and entries for that one alone are not errors', () => {
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

describe('one environment', () => {
  const { staging, production } = kiosk.environments as Readonly<
    Record<string, EnvironmentSpec & { projectId?: string }>
  >
  const both = (fields: object): Application => withProduction(fields)
  const stops = (application: Application, environment: string) => {
    const { errors, brokenOthers } = errorsOfOne(application, environment)
    return { errors: errors.map(({ code, where }) => `${code} ${where}`), brokenOthers }
  }

  test.each([
    [{ projectId: 'no-uuid' }],
    [{ projectId: 7 }],
    [{ refreshInterval: 'often' }],
    [{ region: undefined }],
    [{ operator: { namespace: 'kiosk-web', name: 'x' } }],
  ])('is not stopped by a mistake of another one, %j', (fields) => {
    expect(stops(both(fields), 'staging')).toEqual({ errors: [], brokenOthers: ['production'] })
    expect(stops(both(fields), 'production')).toEqual({ errors: [expect.any(String)], brokenOthers: [] })
  })

  test.each([null, 'x', 7, [], {}])('is not stopped by another one that is %j', (spec) => {
    const application = {
      ...kiosk,
      environments: { ...kiosk.environments, production: spec },
    } as unknown as Application
    expect(stops(application, 'staging')).toEqual({ errors: [], brokenOthers: ['production'] })
    expect(stops(application, 'production').errors).not.toEqual([])
  })

  test.each([
    ['a namespace', { namespaces: { web: 'kiosk-staging-web' } }, 'NAMESPACE_SHARED'],
    ['a project', { projectId: staging?.projectId }, 'PROJECT_SHARED_BY_ENVIRONMENTS'],
    ['an IAM application', { iamApplications: staging?.iamApplications }, 'IAM_APPLICATION_SHARED'],
  ])('is stopped by %s that it has together with another one, whichever the mistake is told of', (_, fields, code) => {
    for (const environment of ['staging', 'production'])
      expect(stops(both(fields), environment).errors).toEqual([expect.stringMatching(new RegExp(`^${code} `))])
  })

  test('is stopped by one of several that share a project, and not by two others that do', () => {
    const projectId = production?.projectId
    const iamApplications = { web: 'kiosk-dev-web', worker: 'kiosk-dev-worker', front: 'kiosk-dev-front' }
    const dev = { ...staging, baseName: 'kiosk-dev', iamApplications, projectId } as EnvironmentSpec
    const application = (more: object = {}): Application => ({
      ...kiosk,
      environments: { ...kiosk.environments, dev, ...more } as Application['environments'],
    })
    expect(stops(application(), 'staging')).toEqual({ errors: [], brokenOthers: ['production'] })
    for (const environment of ['dev', 'production'])
      expect(stops(application(), environment).errors).toEqual([
        'PROJECT_SHARED_BY_ENVIRONMENTS environment "production"',
      ])
    const all = application({ staging: { ...staging, projectId } })
    for (const environment of ['dev', 'production', 'staging'])
      expect(stops(all, environment).errors[0]).toMatch(/^PROJECT_SHARED_BY_ENVIRONMENTS /)
  })

  test('is stopped by what is wrong with the catalogue', () => {
    const catalogue = { ...kiosk.catalogue, application: 'Not A Name' }
    expect(stops({ ...kiosk, catalogue }, 'staging').errors.join()).toContain('KUBERNETES_NAME_INVALID')
  })
})
