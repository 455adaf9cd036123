import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { githubWorkflow } from '../../../../scripts/change/init/pipeline/github.ts'
import { gitlabPipeline } from '../../../../scripts/change/init/pipeline/gitlab.ts'
import { pipelineProblems } from '../../../../scripts/inspect/check/pipelines.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'

const environments = ['staging', 'production'].map((name) => ({ name, isAppliedByEngine: false }))
const spec = { application: 'shop', environments, manifests: [], folder: '', root: '', branch: 'main' }

async function repository(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, '.git'))
  for (const [path, text] of Object.entries({ 'package.json': '{}', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

test('an environment that no job names is told, in each pipeline', async () => {
  const folder = await repository({
    '.github/workflows/mine.yaml': githubWorkflow(spec),
    '.gitlab-ci.yml': gitlabPipeline(spec),
  })
  expect(await pipelineProblems(folder, ['staging', 'production'])).toEqual([])
  const problems = await pipelineProblems(folder, ['staging', 'stag', 'production', 'staging-plan2'])
  expect(problems?.map(({ where, message, severity }) => [where, message.split('.')[0], severity])).toEqual([
    ['.github/workflows/mine.yaml', 'has no environment "stag"', 'warning'],
    ['.github/workflows/mine.yaml', 'has no environment "staging-plan2"', 'warning'],
    ['.gitlab-ci.yml', 'has no environment "stag"', 'warning'],
    ['.gitlab-ci.yml', 'has no environment "staging-plan2"', 'warning'],
  ])
})

test('pipelines of something else are none of ours', async () => {
  const folder = await repository({ '.github/workflows/ci.yml': 'run: npx tiered-secrets check', '.gitlab-ci.yml': '' })
  expect(await pipelineProblems(folder, ['staging'])).toBeUndefined()
  expect(await pipelineProblems(await repository({}), ['staging'])).toBeUndefined()
})

test('of several applications each has its own', async () => {
  const folder = await repository({
    '.github/workflows/shop-secrets.yml': githubWorkflow({ ...spec, root: 'apps/a shop' }),
    'apps/a shop/x': '',
    'apps/a/x': '',
  })
  const of = (path: string) => pipelineProblems(join(folder, path), ['staging', 'live'])
  expect(await of('apps/a shop')).toMatchObject([{ code: 'PIPELINE_LACKS_ENVIRONMENT' }])
  expect([await of('apps/a'), await of('.')]).toEqual([undefined, undefined])
})
