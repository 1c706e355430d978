# docker build -t paperboy .
# docker run -d --name paperboy -v paperboy:/var/lib/paperboy -p 8080:8080 --env-file .env paperboy
# docker exec paperboy node src/cli.ts subscribers add …
#
# What .env says wins over what is set here: leave DATABASE_URL, OUTBOX_DIR, HOST and PORT out of it.
FROM node:26-slim

ENV NODE_ENV=production
WORKDIR /app

# better-sqlite3 brings its binaries and the image its Node: nothing is compiled, no install script is needed.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

COPY LICENSE README.md ./
COPY src ./src
COPY templates ./templates
COPY data ./data

# The database holds addresses: its folder is for the user alone who runs this, and that is not root.
RUN install -d -o node -g node -m 0700 /var/lib/paperboy
USER node
VOLUME /var/lib/paperboy
ENV DATABASE_URL=sqlite:/var/lib/paperboy/paperboy.db OUTBOX_DIR=/var/lib/paperboy/outbox

# Inside the container on every interface; what is published is for `docker run -p` to say.
ENV HOST=0.0.0.0 PORT=8080
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# SIGTERM, Docker's default, ends it by itself once what is on its way is sent (docker stop -t 60).
CMD ["node", "src/cli.ts", "serve"]
