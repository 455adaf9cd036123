import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { XmlDocument, XsdValidator } from 'libxml2-wasm'
import { describe, expect, test } from 'vitest'
import { type Finding, fingerprint } from '../../../../../scripts/inspect/audit/finding.ts'
import { gitlabReport } from '../../../../../scripts/inspect/audit/reports/gitlab-report.ts'
import { jsonReport } from '../../../../../scripts/inspect/audit/reports/json-report.ts'
import { junitReport } from '../../../../../scripts/inspect/audit/reports/junit-report.ts'
import { sarifReport } from '../../../../../scripts/inspect/audit/reports/sarif-report.ts'
import { counted, findingsTable, findingTexts } from '../../../../../scripts/inspect/audit/reports/table-report.ts'
import { unstyled } from '../../../../../scripts/lib/printable.ts'

function finding(change: Partial<Finding> = {}): Finding {
  return {
    code: 'KEY_UNMADE',
    severity: 'error',
    file: 'k8s/api server.yaml',
    line: 12,
    object: 'Deployment/shop-api/api',
    key: 'Secret/mail A',
    fact: 'it needs the key A',
    expected: 'one of its keys',
    fix: 'Correct it.',
    ...change,
  }
}

const hostile = '\u001b[31m"<&>\u202e\n]]>\ufffe\ud800'
const all = [
  finding(),
  finding({ severity: 'warning', code: 'VALUE_FROZEN', line: 1 }),
  finding({
    severity: 'note',
    code: 'DYNAMIC_READ',
    file: '../src/ä.ts',
    key: hostile,
    object: hostile,
    fact: hostile,
  }),
]

const schemaFile = (name: string) => readFileSync(join('test/fixtures/report-schemas', name), 'utf8')

/** What GitHub asks of SARIF besides its schema. Source: GitHub, "SARIF support for code scanning". */
const gitHubSchema = {
  required: ['$schema'],
  properties: {
    runs: {
      maxItems: 20,
      items: {
        required: ['results'],
        properties: {
          tool: {
            properties: {
              driver: {
                required: ['rules'],
                properties: {
                  rules: {
                    items: {
                      required: ['id', 'shortDescription', 'fullDescription', 'help'],
                      properties: {
                        fullDescription: { properties: { text: { minLength: 1, maxLength: 1024 } } },
                        properties: { properties: { tags: { maxItems: 20 } } },
                      },
                    },
                  },
                },
              },
            },
          },
          results: {
            items: {
              required: ['ruleId', 'ruleIndex', 'level', 'message', 'locations', 'partialFingerprints'],
              properties: {
                message: { required: ['text'], properties: { text: { minLength: 1 } } },
                locations: {
                  minItems: 1,
                  items: {
                    required: ['physicalLocation'],
                    properties: {
                      physicalLocation: {
                        required: ['artifactLocation', 'region'],
                        properties: {
                          artifactLocation: { properties: { uri: { pattern: "^[\\w.~%/!()*'-]+$" } } },
                          region: { required: ['startLine', 'startColumn'] },
                        },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
}

describe('SARIF', () => {
  // The schema is of draft 4, and uses nothing that later drafts mean otherwise.
  const { $schema: _, id: __, ...schema } = JSON.parse(schemaFile('sarif-2.1.0.json'))
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(schema, 'sarif')
  const validate = ajv.compile({ allOf: [{ $ref: 'sarif' }, gitHubSchema] })
  const report = (findings: readonly Finding[]) => JSON.parse(sarifReport(findings))

  test.each([
    ['nothing', []],
    ['findings', all],
  ])('of %s has the form that is required', (_, findings) => {
    expect(validate(report(findings)), JSON.stringify(validate.errors)).toBe(true)
    expect(report(findings).runs[0].results).toHaveLength(findings.length)
  })

  test.each([
    ['a field that the schema does not have', '"ruleIndex"', '"line":1,"ruleIndex"'],
    ['a level that it does not have', '"level":"error"', '"level":"info"'],
    ['a line before the first', '"startLine":12', '"startLine":0'],
    ['no results', '"results"', '"taxonomies"'],
  ])('that has %s would be refused', (_, found, broken) => {
    const log = JSON.stringify(report(all))
    expect(log).toContain(found)
    expect(validate(JSON.parse(log.replace(found, broken)))).toBe(false)
  })

  test('each result points to its rule, and to a file that can be opened', () => {
    const [run] = report(all).runs
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId)
    expect(run.results[0].locations[0].physicalLocation.artifactLocation.uri).toBe('k8s/api%20server.yaml')
    expect(run.results[2].locations[0].physicalLocation.artifactLocation.uri).toBe('../src/%C3%A4.ts')
  })
})

test("GitLab's report has unique fingerprints and plain paths", () => {
  const report = JSON.parse(gitlabReport([...all, finding({ file: './k8s/x.yaml', key: 'other' })]))
  expect(new Set(report.map((one: { fingerprint: string }) => one.fingerprint)).size).toBe(4)
  expect(report.map((one: { severity: string }) => one.severity)).toEqual(['major', 'minor', 'info', 'major'])
  expect(report[3].location).toEqual({ path: 'k8s/x.yaml', lines: { begin: 12 } })
  expect(JSON.parse(gitlabReport([]))).toEqual([])
  const validate = new Ajv({ strict: false }).compile(JSON.parse(schemaFile('gitlab-code-quality.json')))
  for (const one of report) expect(validate(one), JSON.stringify(validate.errors)).toBe(true)
})

describe('JUnit', () => {
  /** With the attribute that GitLab reads besides. */
  const schema = schemaFile('junit-10.xsd').replace(
    /(<xs:element name="testcase">[\s\S]*?)(<xs:attribute)/,
    '$1<xs:attribute name="file" type="xs:string"/>$2',
  )

  /** Throws for what is not XML, or not of the schema. */
  function parsed(xml: string): XmlDocument {
    const document = XmlDocument.fromString(xml)
    const definition = XmlDocument.fromString(schema)
    XsdValidator.fromDoc(definition).validate(document)
    return document
  }

  test('is of the schema, and nothing of a text becomes a tag', () => {
    const xml = junitReport(all)
    const document = parsed(xml)
    const counts = ['count(//testcase)', 'count(//failure)', 'count(//skipped)', 'count(//*)'].map((path) =>
      document.eval(path),
    )
    expect(counts).toEqual([3, 1, 2, 8])
    expect(xml).toContain('tests="3" failures="1" errors="0" skipped="2"')
    expect(() => parsed(xml.replace(' errors="0"', ''))).not.toThrow()
    expect(() => parsed(xml.replaceAll(' errors="0"', ''))).toThrow()
    expect(() => parsed(xml.replace('</testcase>', ''))).toThrow()
  })

  test('nothing found is one test that passes', () => {
    expect(parsed(junitReport([])).eval('count(//testcase[not(*)])')).toBe(1)
  })
})

test('the fingerprint follows the object and not the line', () => {
  expect(fingerprint(finding({ line: 99, fact: 'other words' }))).toBe(fingerprint(finding()))
  expect(fingerprint(finding({ key: 'other' }))).not.toBe(fingerprint(finding()))
})

test('text of others is escaped in every form', () => {
  const texts = [
    findingsTable(all),
    findingTexts(all),
    jsonReport({ application: 'a', environment: 'b' }, all),
    sarifReport(all),
  ]
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what would move a cursor
  for (const text of texts) expect(unstyled(text)).not.toMatch(/\u001b|\u202e/)
  expect(counted(all)).toBe('1 error, 1 warning, 1 note')
  expect(counted([])).toBe('nothing found')
})

test('an object of the cluster is shown without a line', () => {
  const object = 'Pod/shop-api/debug'
  const found = [finding({ file: object, line: 1, object })]
  expect(unstyled(findingsTable(found))).toMatch(/KEY_UNMADE +the cluster +Pod\/shop-api\/debug /)
  expect(unstyled(findingTexts(found))).toMatch(/^error: Pod\/shop-api\/debug: it needs the key A\./)
})
