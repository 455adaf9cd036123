import { parseDocument } from 'yaml'
import { toYaml } from '../lib/yaml.ts'
import type { Change } from './changes.ts'

/** What a published chart says of itself besides what is in every copy of it. */
export interface Publication {
  /** Of the chart: SemVer. */
  readonly version: string
  /** Of tiered-secrets, which made the templates. */
  readonly appVersion: string
  /** Undefined: no changelog names them. */
  readonly changes: readonly Change[] | undefined
}

/** Whether Helm and a registry take it for a version: SemVer 2.0.0, without a `v`. */
export function isChartVersion(text: string): boolean {
  return versionPattern.test(text) && text.length <= longestTag
}

export function isPrerelease(version: string): boolean {
  return versionPattern.exec(version)?.groups?.prerelease !== undefined
}

/** What a registry calls a version: a tag has no `+`. Source: Helm, pkg/registry/tag.go. */
export function tagOf(version: string): string {
  return version.replaceAll('+', '_')
}

/**
 * Chart.yaml of an archive: with its version, and with the annotations of Artifact Hub that are known to be true.
 * Source: Artifact Hub, docs/helm_annotations.md.
 *
 * @param text Chart.yaml of the user's chart
 */
export function publishedMetadata(text: string, { version, appVersion, changes = [] }: Publication): string {
  const document = parseDocument(text)
  document.set('version', version)
  document.set('appVersion', appVersion)
  const annotations: Record<string, string> = {
    ...(changes.length > 0 ? { 'artifacthub.io/changes': toYaml(changes.map(changeEntry)) } : {}),
    ...(changes.some(({ kind }) => kind === 'security') ? { 'artifacthub.io/containsSecurityUpdates': 'true' } : {}),
    ...(isPrerelease(version) ? { 'artifacthub.io/prerelease': 'true' } : {}),
  }
  for (const [name, value] of Object.entries(annotations)) document.setIn(['annotations', name], value)
  return document.toString({ lineWidth: 0 })
}

// --- internal ---

/** The pattern that semver.org gives, without the parts that nobody asks for. */
const versionPattern =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?<prerelease>(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][\dA-Za-z-]*))*))?(?:\+[\dA-Za-z-]+(?:\.[\dA-Za-z-]+)*)?$/

/** Source: OCI distribution specification, pulling manifests. */
const longestTag = 128

function changeEntry({ kind, description }: Change): object | string {
  return kind === undefined ? description : { kind, description }
}
