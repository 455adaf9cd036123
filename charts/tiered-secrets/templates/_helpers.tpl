{{/*
Labels of an object of one tier. No helm.sh/chart: its change with every version would make the operator read every
remote secret again.
Arguments: root (the chart context), tier (the tier name).
*/}}
{{- define "tiered-secrets.labels" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{ include "tiered-secrets.tierLabels" . }}
{{- end -}}

{{/*
Labels that say what an object belongs to, also for the Secrets the operator writes.
Arguments: root (the chart context), tier (the tier name).
*/}}
{{- define "tiered-secrets.tierLabels" -}}
app.kubernetes.io/part-of: {{ .root.Values.application | quote }}
app.kubernetes.io/component: {{ .tier | quote }}
tiered-secrets/environment: {{ .root.Values.environment | quote }}
{{- end -}}

{{/*
Base of the names of objects that are in no namespace.
Arguments: the chart context.
*/}}
{{- define "tiered-secrets.baseName" -}}
{{ .Values.baseName | default .Values.application }}
{{- end -}}
