import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatProblems } from '../../../scripts/lib/problems.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import { allSingle, bookshop, gallery, oneBundlePerTier, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'

const texts = async (folder: string, ending: string) => {
  const files = (await readdir(folder)).filter((file) => file.endsWith(ending))
  return Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
}

test('every code of a rule is shown by an example', async () => {
  const rules = (await texts('scripts/model/rules', '.ts')).join('\n')
  const codes = [...rules.matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(([, code]) => code ?? '')
  const examples = (await texts('test/unit/model', '.test.ts')).join('\n')
  expect(codes.length).toBeGreaterThan(30)
  expect(codes.filter((code) => !examples.includes(`'${code}'`))).toEqual([])
})

test.each([
  ['Trackdéchets', trackdechets],
  ['the bookshop', bookshop],
  ['the gallery', gallery],
  ['Trackdéchets with single layout throughout', allSingle],
  ['Trackdéchets with one bundle per tier', oneBundlePerTier],
])('%s has no problem, not even a warning', (_, application) => {
  expect(checkApplication(application)).toEqual([])
})

test('all problems are reported at once, errors first, sorted by place', () => {
  const application = applicationWith({
    environments: {
      dev: environment({ region: 'xx-abc' }),
      'Dev-2': environment({ projectId: '0', kubeContext: 'b' }),
    },
    secrets: [
      { variable: 'Z', format: 'nothing' as never },
      { variable: 'A', tier: 'nowhere' },
    ],
  })
  expect(checkApplication(application).map(({ code, where }) => `${where} ${code}`)).toEqual([
    'catalogue "A" (nowhere) TIER_UNKNOWN',
    'catalogue "Z" (api) FORMAT_UNKNOWN',
    'environment "Dev-2" KUBERNETES_NAME_INVALID',
    'environment "Dev-2" PROJECT_ID_INVALID',
    'environment "dev" REGION_UNKNOWN',
  ])
})

test('the order of the catalogue does not change the list', () => {
  const secrets = [{ variable: '1' }, { variable: '2' }, { variable: '3', format: 'x' as never }]
  const problems = (list: typeof secrets) => formatProblems(checkApplication(applicationWith({ secrets: list })))
  expect(problems(secrets)).toBe(problems([...secrets].reverse()))
})
