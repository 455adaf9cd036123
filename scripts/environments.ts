import { defineEnvironments } from './model/define.ts'

/**
 * The environments. `example: true` marks project ids that are not real: such an environment renders, lints and runs
 * locally, and every command that would touch a real Scaleway account refuses it. Data only.
 */
export default defineEnvironments({
  recette: {
    description: 'Development: every merged change',
    region: 'fr-par',
    isolation: 'path',
    projectId: '00000000-0000-4000-8000-000000000001',
    refreshInterval: '1h',
    iamApplications: {
      backend: 'trackdechets-recette-backend-secrets',
      frontend: 'trackdechets-recette-frontend-secrets',
    },
    kubeContext: 'trackdechets-recette',
    example: true,
  },
  sandbox: {
    description: 'Staging: integrators test against it',
    region: 'fr-par',
    isolation: 'path',
    projectId: '00000000-0000-4000-8000-000000000002',
    refreshInterval: '1h',
    iamApplications: {
      backend: 'trackdechets-sandbox-backend-secrets',
      frontend: 'trackdechets-sandbox-frontend-secrets',
    },
    kubeContext: 'trackdechets-sandbox',
    example: true,
  },
  production: {
    description: 'Production',
    region: 'fr-par',
    isolation: 'path',
    projectId: '00000000-0000-4000-8000-000000000003',
    refreshInterval: '1h',
    kubeContext: 'trackdechets-production',
    example: true,
  },
})
