/**
 * A disk that fails, or loses its power, under a process (LD_PRELOAD). Looks at calls on files below CRIA_DISK_FOLDER.
 *
 * CRIA_DISK_SHADOW: keeps, in that folder, what has been synced and nothing else: the content of each file at its last fsync (by inode and
 *   time of birth), the entries of each folder at its last fsync. What a power cut leaves on the strictest disk that POSIX allows.
 * CRIA_DISK_FAIL_SYNC=N: the N-th fsync of this process fails with EIO.
 * CRIA_DISK_SHORT=1: a write takes half of what it is given.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#include <atomic>
#include <string>

namespace {

template <typename F> F next(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

/** The path of an open file when it is looked at; else empty. */
std::string watched(int fd) {
  static const char* folder = getenv("CRIA_DISK_FOLDER");
  if (!folder) return {};
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return {};
  path[length] = 0;
  return strncmp(path, folder, strlen(folder)) == 0 ? path : std::string{};
}

std::string identity(int fd, const char* name, int flags) {
  struct statx s {};
  if (statx(fd, name, flags, STATX_INO | STATX_BTIME, &s)) return "gone";
  return std::to_string(s.stx_ino) + "-" + std::to_string(s.stx_btime.tv_sec) + "-" + std::to_string(s.stx_btime.tv_nsec);
}

/** A name to write under before it is renamed: processes are killed while they do this. */
std::string draft(const std::string& target, int fd) { return target + "." + std::to_string(getpid()) + "." + std::to_string(fd) + ".draft"; }

void keepFile(int fd, const std::string& shadow) {
  const std::string target = shadow + "/file-" + identity(fd, "", AT_EMPTY_PATH);
  const std::string name = draft(target, fd);
  const int out = open(name.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  static auto realWrite = next<ssize_t (*)(int, const void*, size_t)>("write");
  char block[1 << 16];
  // Read through a descriptor of its own: the process's may be open for writing alone.
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const int in = open(link, O_RDONLY);
  for (ssize_t got; (got = read(in, block, sizeof block)) > 0;) realWrite(out, block, got);
  close(in);
  close(out);
  rename(name.c_str(), target.c_str());
}

void keepFolder(int fd, const std::string& path, const std::string& shadow) {
  std::string listing = path + "\n";
  DIR* folder = opendir(path.c_str());
  if (!folder) return;
  while (const dirent* entry = readdir(folder)) {
    const std::string name = entry->d_name;
    if (name == "." || name == "..") continue;
    listing += (entry->d_type == DT_DIR ? "d " : "f ") + identity(dirfd(folder), entry->d_name, AT_SYMLINK_NOFOLLOW) + " " + name + "\n";
  }
  closedir(folder);
  const std::string target = shadow + "/folder-" + identity(fd, "", AT_EMPTY_PATH);
  const std::string name = draft(target, fd);
  const int out = open(name.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0600);
  static auto realWrite = next<ssize_t (*)(int, const void*, size_t)>("write");
  realWrite(out, listing.data(), listing.size());
  close(out);
  rename(name.c_str(), target.c_str());
}

int sync(int fd, int (*real)(int)) {
  const std::string path = watched(fd);
  if (path.empty()) return real(fd);
  static const char* failing = getenv("CRIA_DISK_FAIL_SYNC");
  static std::atomic<int> count{0};
  if (failing && ++count == atoi(failing)) {
    errno = EIO;
    return -1;
  }
  const int result = real(fd);
  static const char* shadow = getenv("CRIA_DISK_SHADOW");
  struct stat s {};
  if (result == 0 && shadow && fstat(fd, &s) == 0) S_ISDIR(s.st_mode) ? keepFolder(fd, path, shadow) : keepFile(fd, shadow);
  return result;
}

size_t shortened(int fd, size_t count) {
  static const char* isShort = getenv("CRIA_DISK_SHORT");
  return isShort && count > 1 && !watched(fd).empty() ? (count + 1) / 2 : count;
}

}  // namespace

extern "C" {

int fsync(int fd) {
  static auto real = next<int (*)(int)>("fsync");
  return sync(fd, real);
}

int fdatasync(int fd) {
  static auto real = next<int (*)(int)>("fdatasync");
  return sync(fd, real);
}

ssize_t write(int fd, const void* data, size_t count) {
  static auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return real(fd, data, shortened(fd, count));
}

ssize_t pwrite(int fd, const void* data, size_t count, off_t at) {
  static auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return real(fd, data, shortened(fd, count), at);
}

ssize_t pwrite64(int fd, const void* data, size_t count, off64_t at) {
  static auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return real(fd, data, shortened(fd, count), at);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  static auto real = next<ssize_t (*)(int, const iovec*, int)>("writev");
  if (count > 0 && shortened(fd, parts[0].iov_len) < parts[0].iov_len) return write(fd, parts[0].iov_base, parts[0].iov_len);
  return real(fd, parts, count);
}
}
