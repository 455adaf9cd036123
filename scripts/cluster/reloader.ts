import { reloaderAnnotations } from '../model/names.ts'
import { namesSecret } from './pod-outline.ts'
import type { PodTemplate } from './pod-templates.ts'

type Annotations = Readonly<Record<string, string>>

/**
 * Whether Stakater Reloader restarts a workload when a target changes. The
 * controller's own flags can't be seen here: with `--auto-reload-all` it restarts more.
 * Source: Stakater Reloader 1.4.21, pkg/common/common.go, `ShouldReload`, and internal/pkg/handler/upgrade.go,
 * `getContainerUsingResource`.
 *
 * @param isMarked whether the target has the annotation of the chart. Default: true
 */
export function isReloaded(template: PodTemplate, target: string, isMarked = true): boolean {
  const { annotations, podAnnotations, outline } = template
  // Those of the pods count only when the workload itself has none.
  const own = names.some((name) => name in annotations) ? annotations : podAnnotations
  if (listOf(annotations[excludeAnnotation]).includes(target)) return false
  if (listOf(own[namedAnnotation]).some((pattern) => matches(pattern, target))) return true
  const reads = namesSecret(outline, target)
  return (
    reads &&
    ((isMarked && own[reloaderAnnotations.search] === 'true') || autoAnnotations.some((name) => isTrue(own[name])))
  )
}

/** The merge patch that gives a workload what it lacks for `isReloaded`. */
export const reloaderPatch = { metadata: { annotations: { [reloaderAnnotations.search]: 'true' } } } as const

// --- internal ---

const namedAnnotation = 'secret.reloader.stakater.com/reload'
const excludeAnnotation = 'secrets.exclude.reloader.stakater.com/reload'
const autoAnnotations = ['reloader.stakater.com/auto', 'secret.reloader.stakater.com/auto'] as const
const names: readonly string[] = [reloaderAnnotations.search, namedAnnotation, ...autoAnnotations]

function listOf(annotation: Annotations[string] | undefined): string[] {
  return (annotation ?? '').split(',').map((item) => item.trim())
}

/** Each is a regular expression for the whole name. Reloader itself ignores an invalid one. */
function matches(pattern: string, target: string): boolean {
  try {
    return pattern !== '' && new RegExp(`^(?:${pattern})$`).test(target)
  } catch {
    return false
  }
}

/** Source: Go, strconv.ParseBool. */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(text)
}
