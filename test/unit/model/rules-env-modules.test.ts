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

test('two tiers have two files', () => {
  expect(problemsWith('src/environment.ts', 'src/environment.ts')).toHaveLength(2)
  expect(problemsWith('web/environment.ts', 'api/environment.ts')).toEqual([])
})
