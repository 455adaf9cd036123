import { pipelineCommandLine } from '../../../lib/command-line.ts'
import type { PipelineSpec } from './pipeline.ts'

/** What jobs run. The environment is in a variable of the job, so that no name becomes a part of a script. */
export function commandsOf({ root, manifests }: Pick<PipelineSpec, 'root' | 'manifests'>) {
  const own = root === '' ? [] : ['--root', root]
  const inputs = manifests.flatMap((path) => ['--manifests', path])
  return {
    check: pipelineCommandLine`check ${own}`,
    audit: (output: 'sarif' | 'gitlab') =>
      pipelineCommandLine`audit --environment "$SECRETS_ENVIRONMENT" ${inputs} --output ${output} ${own}`,
    plan: pipelineCommandLine`plan --environment "$SECRETS_ENVIRONMENT" --output markdown ${own}`,
    deploy: pipelineCommandLine`deploy --environment "$SECRETS_ENVIRONMENT" --yes --timeout 10m ${own}`,
    wait: (timeout: string) =>
      pipelineCommandLine`wait --environment "$SECRETS_ENVIRONMENT" --timeout ${timeout} ${own}`,
  }
}
