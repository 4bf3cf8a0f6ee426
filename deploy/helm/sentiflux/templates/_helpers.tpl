{{- define "sentiflux.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "sentiflux.selector" -}}
app.kubernetes.io/name: sentiflux
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sentiflux.labels" -}}
{{ include "sentiflux.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "sentiflux.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "sentiflux.secretName" -}}
{{ .Values.secrets.existingSecret | default (include "sentiflux.name" .) }}
{{- end -}}

{{- /* Names of the secrets, as a JSON list. */ -}}
{{- define "sentiflux.secretNames" -}}
{{- if .Values.secrets.existingSecret -}}
{{ .Values.secrets.names | toJson }}
{{- else -}}
{{ keys .Values.secrets.values | sortAlpha | toJson }}
{{- end -}}
{{- end -}}

{{- /* What the worker's file holds. */ -}}
{{- define "sentiflux.config" -}}
{{ merge (dict "brands" "brands.yaml") (deepCopy .Values.config) | toYaml }}
{{- end -}}

{{- /* A container that runs a command of the program: root context, then its arguments. */ -}}
{{- define "sentiflux.container" -}}
image: {{ include "sentiflux.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
args: {{ toJson .args }}
env:
  - { name: SENTIFLUX_OPS_HOST, value: "0.0.0.0" }
  - { name: SENTIFLUX_API_HOST, value: "0.0.0.0" }
  {{- range include "sentiflux.secretNames" .root | fromJsonArray }}
  - { name: {{ . }}_FILE, value: /run/secrets/sentiflux/{{ . }} }
  {{- end }}
  {{- with .root.Values.telemetry.otlpEndpoint }}
  - { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
  # Prometheus reads the metrics from the workers themselves.
  - { name: OTEL_METRICS_EXPORTER, value: none }
  {{- end }}
  {{- with .env }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: config, mountPath: /etc/sentiflux, readOnly: true }
  {{- if include "sentiflux.secretNames" .root | fromJsonArray }}
  - { name: secrets, mountPath: /run/secrets/sentiflux, readOnly: true }
  {{- end }}
  - { name: tmp, mountPath: /tmp }
{{- end -}}

{{- define "sentiflux.pod" -}}
serviceAccountName: {{ include "sentiflux.name" . }}
automountServiceAccountToken: false
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: { type: RuntimeDefault }
volumes:
  - name: config
    configMap: { name: {{ include "sentiflux.name" . }} }
  {{- if include "sentiflux.secretNames" . | fromJsonArray }}
  - name: secrets
    secret: { secretName: {{ include "sentiflux.secretName" . }}, defaultMode: 0440 }
  {{- end }}
  - name: tmp
    emptyDir: { medium: Memory, sizeLimit: 64Mi }
{{- end -}}
