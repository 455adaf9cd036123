import type { PipelineSpec } from '../../scripts/change/init/pipeline/pipeline.ts'

/** An environment of a pipeline. */
export const by = (name: string, isAppliedByEngine = false) => ({ name, isAppliedByEngine })

/** What a pipeline of an application with two environments and manifests is written from. */
export const spec: PipelineSpec = {
  application: 'shop',
  environments: [by('staging'), by('production')],
  manifests: ['k8s'],
  folder: '',
  root: '',
  branch: 'main',
}
