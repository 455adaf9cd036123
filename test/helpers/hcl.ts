import { run } from '../../scripts/lib/exec.ts'
import { tools } from './tools.ts'

export interface HclBlock {
  readonly type: string
  readonly labels: readonly string[]
  /** Names of all attributes, in no order. */
  readonly attributes: readonly string[]
  /** Attributes that read no variable, with their value. */
  readonly constants: Readonly<Record<string, unknown>>
  readonly blocks: readonly HclBlock[]
}

export interface HclReport {
  readonly problems: readonly string[]
  /** As `terraform fmt` would write it. */
  readonly formatted: string
  readonly blocks: readonly HclBlock[]
  /** What each quoted string means; null for what is not a constant string. */
  readonly values: readonly (string | null)[]
}

/** What HashiCorp's own parser and formatter say of a file and of quoted strings. */
export async function readHcl(file: string, strings: readonly string[] = []): Promise<HclReport> {
  const { hclcheck } = await tools('hclcheck')
  return JSON.parse(await run(hclcheck.path, [], { input: JSON.stringify({ file, strings }) })) as HclReport
}
