import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { run } from '../../scripts/lib/exec.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { bookshop } from '../fixtures/applications.ts'
import { chartOf, helms, manifestsOf, tryTemplate, valuesFile } from '../helpers/chart.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'

describe.each(helms)('as a part of another chart, by %s', (_, helm) => {
  let parent: string
  let folder: string
  let own: object
  let chart: string
  beforeAll(async () => {
    folder = await sharedFolder()
    const generated = await chartOf(bookshop)
    chart = generated.chart
    own = parseYamlDocuments(await readFile(generated.values('live'), 'utf8'), 'live.yaml')[0] as object
    parent = join(folder, 'umbrella')
    await mkdir(parent)
    await writeFile(join(parent, 'Chart.yaml'), umbrella)
    await writeFile(join(parent, 'values.yaml'), 'global: { imageRegistry: registry.example }\n')
    await cp(chart, join(folder, 'tiered-secrets'), { recursive: true })
    await run(helm, ['dependency', 'build', parent])
  })

  const rendered = async (values: object) => manifestsOf(helm, parent, await valuesFile(folder, values))
  const enabled = (value: unknown) => ({ 'tiered-secrets': { ...own, enabled: value } })

  test('it renders what it renders alone, with the condition of the parent and its global values', async () => {
    const alone = await manifestsOf(helm, chart, await valuesFile(folder, own))
    expect(await rendered(enabled(true))).toEqual(alone)
    expect(alone.length).toBeGreaterThan(30)
  })

  test('switched off it renders nothing', async () => {
    expect(await rendered(enabled(false))).toEqual([])
  })

  test('any other value than a switch is refused, and so is any other unknown value', async () => {
    const refused = async (values: object) => tryTemplate(helm, parent, await valuesFile(folder, values))
    const text = await refused({ 'tiered-secrets': { ...own, enabled: 'yes' } })
    expect(text.exitCode).toBe(1)
    expect(text.stderr).toContain('enabled')
    const unknown = await refused({ 'tiered-secrets': { ...own, enabled: true, disabled: false } })
    expect(unknown.exitCode).toBe(1)
    expect(unknown.stderr).toContain('disabled')
  })
})

const umbrella = `apiVersion: v2
name: umbrella
version: 0.1.0
dependencies:
  - name: tiered-secrets
    version: ">=0.0.0-0"
    repository: file://../tiered-secrets
    condition: tiered-secrets.enabled
`
