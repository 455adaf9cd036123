import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import { applicationWith } from '../../helpers/applications.ts'

const { tiers } = applicationWith().catalogue
const problemsWith = (web?: string, api?: string) =>
  checkApplication(
    applicationWith({
      tiers: {
        web: { ...tiers.web, ...(web ? { envModule: web } : {}) },
        api: { ...tiers.api, ...(api ? { envModule: api } : {}) },
      } as typeof tiers,
    }),
  ).map(({ code, where, message }) => ({ code, where, message }))

test.each(['src/environment.ts', 'environment.ts', 'apps/api/src/env.schema.json'])('%s is a place for one', (path) => {
  expect(problemsWith(path)).toEqual([])
})

test.each([
  ...['/tmp/a.ts', '../a.ts', 'src/../../a.ts', './a.ts', 'a//b.ts', 'src/a.js', 'src/.ts', 'src/', 'a\\b.ts'],
  ...[
    'scripts/catalogue.ts',
    'values/dev.json',
    'schema/chart-values.ts',
    'package.json',
    'tsconfig.json',
    '.git/x.ts',
  ],
])('%s is not', (path) => {
  expect(problemsWith(path)).toEqual([
    {
      code: 'ENV_MODULE_PATH_INVALID',
      where: 'catalogue tier "web"',
      message: `envModule "${path}" is not a path of a .ts or .json file below this folder. Expected a file of its own such as src/environment.ts, outside of scripts, values, charts, schema and docs.`,
    },
  ])
})

test('a workload has a file of its own', () => {
  const problemsOf = (envModule: string) => {
    const workloads = { server: { kind: 'Deployment', envModule } } as const
    const web = { ...tiers.web, envModule: 'src/environment.ts', workloads }
    const problems = checkApplication(applicationWith({ tiers: { ...tiers, web } as typeof tiers }))
    return problems.map(({ where, message, fix }) => ({ where, message, fix }))
  }
  expect(problemsOf('src/server.ts')).toEqual([])
  const where = 'catalogue tier "web" workload "server"'
  expect(problemsOf('src/environment.ts')).toEqual([
    {
      where: 'catalogue tier "web"',
      message: expect.stringContaining('is that of "web/server" too'),
      fix: expect.any(String),
    },
    { where, message: expect.stringContaining('is that of "web" too'), fix: expect.any(String) },
  ])
  expect(problemsOf('../a.ts')).toEqual([
    { where, message: expect.any(String), fix: expect.stringContaining('env-module -- --tier web --workload server`') },
  ])
})

test('two tiers have two files', () => {
  expect(problemsWith('src/environment.ts', 'src/environment.ts')).toHaveLength(2)
  expect(problemsWith('web/environment.ts', 'api/environment.ts')).toEqual([])
})
