// In the place of Tempo: takes spans as OTLP over HTTP wants it, and forgets them.
const http = require("node:http");

http
  .createServer((request, response) => {
    const spans = request.method === "POST" && request.url === "/v1/traces";
    request.resume().on("end", () => {
      response.statusCode = spans ? 200 : 404;
      response.setHeader("content-type", "application/x-protobuf");
      response.end();
    });
  })
  .listen(4318);
process.on("SIGTERM", () => process.exit(0));
