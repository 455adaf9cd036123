{{/*
Head of one NetworkPolicy: all of it but the spec.
Arguments: root (the chart context), tier (the tier name), name (of the policy).
*/}}
{{- define "tiered-secrets.networkPolicyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .name | quote }}
  namespace: {{ (index .root.Values.tiers .tier).namespace | quote }}
  labels:
    {{- include "tiered-secrets.labels" . | nindent 4 }}
{{- end -}}

{{/*
Pods by their labels; without labels, all pods.
Arguments: the labels, or nothing.
*/}}
{{- define "tiered-secrets.podSelector" -}}
{{- if . -}}
podSelector:
  matchLabels:
    {{- range $key, $value := . }}
    {{ $key | quote }}: {{ $value | quote }}
    {{- end }}
{{- else -}}
podSelector: {}
{{- end -}}
{{- end -}}

{{/*
One end of a connection: pods of a namespace, or a network. The two selectors are one peer: as two they would mean
every pod of the namespace, and these pods of the policy's own.
Arguments: an entry of `from` or `to`.
*/}}
{{- define "tiered-secrets.networkPeer" -}}
{{- if .cidr -}}
ipBlock:
  cidr: {{ .cidr | quote }}
  {{- with .except }}
  except:
    {{- range . }}
    - {{ . | quote }}
    {{- end }}
  {{- end }}
{{- else -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ .namespace | quote }}
{{- with .podLabels }}
{{ include "tiered-secrets.podSelector" . }}
{{- end }}
{{- end -}}
{{- end -}}
