# docker build -t shardline .
# docker run -p 4567:4567 -v shardline:/data shardline
FROM python:3.11-slim
COPY . /src
RUN pip install --no-cache-dir '/src[kafka,postgres]' && rm -rf /src \
 && useradd --system --uid 10001 shardline && install -d -o shardline -m 0700 /data
USER shardline
ENV SHARDLINE_DATA_DIR=/data SHARDLINE_HOST=0.0.0.0
VOLUME /data
EXPOSE 4567
# The exec form, so that SIGTERM reaches the server and it stops in order.
ENTRYPOINT ["shardline"]
CMD ["serve"]
