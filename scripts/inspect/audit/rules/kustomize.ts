import { objectsOf } from '../../../cluster/pod-outline.ts'
import type { TierModel } from '../../../model/resolve.ts'
import { type FoundObject, listAt, textAt, textsAt } from '../../inputs/found-object.ts'
import { at, type Finding } from '../finding.ts'
import { foundPods } from '../world/found-pods.ts'
import type { KustomizeFolder } from '../world/kustomize-folder.ts'
import type { World } from '../world/world.ts'
import { imagesOf, patchMatches } from './kustomize-targets.ts'

/** Kustomizations that reach too little, change nothing, or bring together what belongs apart. */
export function kustomize({ kustomize: folders, model }: World): Finding[] {
  return folders.flatMap((folder) => [
    ...unreached(folder),
    ...patches(folder),
    ...images(folder),
    ...merged(folder, model.tiers),
    ...labels(folder),
  ])
}

// --- internal ---

function unreached({ file, unreached: files, misnamed }: KustomizeFolder): Finding[] {
  return [
    ...files.map((path) =>
      at({ file: path, line: 1 }, path, 'FILE_UNREACHED', {
        fact: `no kustomization names it, so that it is never applied with ${file}`,
        expected: `its name in ${file}`,
        fix: `Add it to resources or patches of ${file}, or delete it.`,
      }),
    ),
    ...misnamed.map((path) =>
      at({ file: path, line: 1 }, path, 'KUSTOMIZATION_MISNAMED', {
        fact: 'it is a Kustomization, and kustomize reads no file of this name',
        expected: 'kustomization.yaml',
        fix: 'Rename it, or delete it.',
      }),
    ),
  ]
}

function patches({ file, says, changed, isOpen }: KustomizeFolder): Finding[] {
  if (isOpen) return []
  return listAt(says, 'patches').flatMap(({ target }, index) => {
    if (target === undefined || changed.some((object) => patchMatches(target, object))) return []
    const told = ['kind', 'name', 'namespace', 'labelSelector'].flatMap((field) => textAt(target, field) ?? [])
    return at({ file, line: 1 }, file, 'PATCH_UNMATCHED', {
      key: `patches[${index}] ${told.join(' ')}`,
      fact: `patches[${index}] is for ${told.join(' ') || 'something'}, and no object of this folder is that`,
      expected: 'an object that it changes: kustomize says nothing otherwise',
      fix: 'Correct the target, or take the patch out.',
    })
  })
}

function images({ file, says, changed, isOpen }: KustomizeFolder): Finding[] {
  if (isOpen) return []
  const used = new Set(changed.flatMap(({ raw }) => imagesOf(raw)))
  return listAt(says, 'images').flatMap(({ name }) => {
    if (typeof name !== 'string' || used.has(name)) return []
    return at({ file, line: 1 }, file, 'IMAGE_UNMATCHED', {
      key: name,
      fact: `images has ${name}, and no container of this folder has that image`,
      expected: 'an image that a container has: kustomize says nothing otherwise',
      fix: 'Correct the name as the manifests have it, without a tag, or take the entry out.',
    })
  })
}

function merged({ file, says, objects }: KustomizeFolder, tiers: readonly TierModel[]): Finding[] {
  const namespace = textAt(says, 'namespace')
  if (namespace === undefined) return []
  const found = tiers.filter((tier) => objects.some((object) => isOf(tier, object)))
  if (found.length < 2) return []
  const names = found.map(({ name }) => name)
  return [
    at({ file, line: 1 }, file, 'NAMESPACE_MERGES_TIERS', {
      key: names.join(' '),
      fact: `namespace: ${namespace} puts workloads of the tiers ${names.join(' and ')} into one namespace, where each may read the Secrets of the other`,
      expected: 'a namespace for each tier',
      fix: 'Take namespace out, or give each tier a kustomization of its own.',
    }),
  ]
}

function isOf({ namespace, workloads, externalSecrets }: TierModel, object: FoundObject): boolean {
  const pods = foundPods(object)
  if (!pods) return false
  if (object.namespace === namespace || workloads[object.name]?.kind === object.kind) return true
  const targets = externalSecrets.map(({ name }) => name)
  return objectsOf(pods.template.outline).some(({ kind, name }) => kind === 'Secret' && targets.includes(name))
}

/** Labels that kustomize also puts into selectors, of what selects pods that are not of this folder. */
function labels({ file, says, objects, isOpen }: KustomizeFolder): Finding[] {
  const common = Object.keys(textsAt(says, 'commonLabels'))
  const included = listAt(says, 'labels').flatMap((one) =>
    one.includeSelectors === true ? Object.keys(textsAt(one, 'pairs')) : [],
  )
  const names = [...common, ...included]
  if (names.length === 0 || isOpen) return []
  const pods = objects.flatMap((object) => foundPods(object) ?? [])
  const services = objects.filter(({ kind, apiVersion, raw }) => {
    const selector = Object.entries(textsAt(raw, 'spec', 'selector'))
    const isSelective = kind === 'Service' && apiVersion === 'v1' && selector.length > 0
    return isSelective && !pods.some(({ template }) => selector.every(([key, value]) => template.labels[key] === value))
  })
  return services.map(({ name }) =>
    at({ file, line: 1 }, file, 'LABELS_IN_SELECTORS', {
      key: `Service/${name}`,
      fact: `${common.length > 0 ? 'commonLabels' : 'labels with includeSelectors'} (${names.join(', ')}) also go into the selector of Service ${name}, whose pods are not of this folder and do not carry them`,
      expected: 'labels without selectors',
      fix: 'Use `labels: [{ pairs: { … } }]` without includeSelectors, or keep the Service in another folder.',
    }),
  )
}
