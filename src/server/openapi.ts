/** The API in words that programs read: OpenAPI 3.1, made from the schemas that check requests. */
import { z } from "zod";
import { exportFormat, jobInputs, jobRequest, promptInput, runChange } from "./schemas.ts";

const schemaOf = (schema: z.ZodType) => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return rest;
};
const body = (schema: z.ZodType) => ({
  required: true,
  content: { "application/json": { schema: schemaOf(schema) } },
});
const answer = (description: string) => ({
  "200": { description, content: { "application/json": {} } },
  default: { $ref: "#/components/responses/Problem" },
});
const id = { name: "id", in: "path", required: true, schema: { type: "string" } };

export function openApi(version: string) {
  return {
    openapi: "3.1.0",
    info: {
      title: "Lucida",
      version,
      description:
        "A microscope for language models, on this machine. Long work is a job: POST /api/jobs, follow it with GET /api/events or GET /api/jobs/{id}, fetch GET /api/jobs/{id}/result. Kinds: " +
        Object.keys(jobInputs).join(", ") +
        ".",
    },
    paths: {
      "/api/state": { get: { summary: "version, memory, jobs", responses: answer("the state") } },
      "/api/models": { get: { summary: "models here and to start with", responses: answer("the models") } },
      "/api/tokens": {
        post: { summary: "a prompt as tokens", requestBody: body(promptInput), responses: answer("tokens") },
      },
      "/api/predict": {
        post: {
          summary: "the most probable next tokens",
          requestBody: body(promptInput),
          responses: answer("tokens and top"),
        },
      },
      "/api/jobs": {
        post: {
          summary: "long work, queued",
          requestBody: body(jobRequest),
          responses: { "202": { description: "its status" }, default: { $ref: "#/components/responses/Problem" } },
        },
      },
      "/api/jobs/{id}": {
        get: { summary: "how far a job is", parameters: [id], responses: answer("its status") },
        delete: {
          summary: "cancel a job; with early, only one that was begun early and that nobody has asked for since",
          parameters: [id, { name: "early", in: "query", schema: { type: "string" } }],
          responses: answer("its status"),
        },
      },
      "/api/jobs/{id}/result": { get: { summary: "what a job gave", parameters: [id], responses: answer("by kind") } },
      "/api/events": {
        get: {
          summary: "server-sent events: jobs, the model in memory, the list of runs",
          parameters: [{ name: "client", in: "query", schema: { type: "string" } }],
          responses: { "200": { description: "events", content: { "text/event-stream": {} } } },
        },
      },
      "/api/documents": { get: { summary: "the gallery and saved runs", responses: answer("both lists") } },
      "/api/documents/{id}": {
        get: { summary: "a trace document", parameters: [id], responses: answer("the document") },
        put: { summary: "a run's document, with its boxes changed", parameters: [id], responses: answer("the run") },
        patch: {
          summary: "rename, delete, undelete",
          parameters: [id],
          requestBody: body(runChange),
          responses: answer("the run"),
        },
      },
      "/api/documents/{id}/export": {
        get: {
          summary: "a trace as a file",
          parameters: [id, { name: "as", in: "query", required: true, schema: schemaOf(exportFormat) }],
          responses: { "200": { description: "the file" }, default: { $ref: "#/components/responses/Problem" } },
        },
      },
      "/api/import": {
        post: {
          summary: "keep a trace, a .lucida file, or a graph of circuit-tracer or Neuronpedia",
          parameters: [{ name: "name", in: "query", schema: { type: "string" } }],
          requestBody: { required: true, content: { "application/octet-stream": {} } },
          responses: {
            "201": { description: "the run, with notes" },
            default: { $ref: "#/components/responses/Problem" },
          },
        },
      },
    },
    components: {
      responses: {
        Problem: {
          description: "what happened, where, what to try",
          content: {
            "application/json": {
              schema: {
                type: "object",
                properties: {
                  error: {
                    type: "object",
                    required: ["what"],
                    properties: { what: { type: "string" }, where: { type: "string" }, advice: { type: "string" } },
                  },
                },
              },
            },
          },
        },
      },
    },
  };
}
