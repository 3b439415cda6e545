// In the place of Mailpit: takes letters on port 1025, and tells on port 8025, as Mailpit does, for whom and of what they were.
const http = require("node:http");
const net = require("node:net");

const messages = [];

function keep(recipients, letter) {
  const subject = letter.find((line) => /^subject:/i.test(line)) ?? "";
  messages.push({
    To: recipients.map((address) => ({ Name: "", Address: address })),
    Subject: subject.replace(/^subject:\s*/i, ""),
  });
}

function receive(socket) {
  const say = (line) => socket.write(`${line}\r\n`);
  let recipients = [];
  // The lines of a letter while it comes.
  let letter = null;
  let rest = "";

  function hear(line) {
    if (letter) {
      if (line !== ".") return letter.push(line);
      keep(recipients, letter);
      [recipients, letter] = [[], null];
      return say("250 kept");
    }
    switch (line.slice(0, 4).toUpperCase()) {
      case "RCPT":
        recipients.push(/<([^>]*)>/.exec(line)?.[1] ?? "");
        return say("250 yes");
      case "DATA":
        letter = [];
        return say("354 go on");
      case "QUIT":
        say("221 bye");
        return socket.end();
      case "EHLO":
      case "HELO":
      case "MAIL":
      case "RSET":
      case "NOOP":
        return say("250 yes");
      default:
        return say("502 not here");
    }
  }

  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    const lines = (rest + chunk.toString("latin1")).split("\r\n");
    rest = lines.pop();
    lines.forEach(hear);
  });
  say("220 mail");
}

net.createServer(receive).listen(1025);
http
  .createServer((request, response) => {
    response.statusCode = request.url === "/api/v1/messages" ? 200 : 404;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ total: messages.length, messages }));
  })
  .listen(8025);
process.on("SIGTERM", () => process.exit(0));
