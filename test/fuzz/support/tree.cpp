#include "support/tree.h"

#include <algorithm>
#include <array>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t maximum);

namespace scep_ra::fuzz {
namespace {

using Random = std::minstd_rand;

constexpr unsigned deepest = 24;
constexpr std::size_t most_nodes = 4096;

std::size_t below(Random& random, std::size_t limit) {
  return random() % std::max<std::size_t>(limit, 1);
}

bool may_nest(std::uint8_t tag) {
  return tag == 0x04 || (tag & 0x20);
}

// Where one element ends, or 0.
std::size_t element_end(Bytes octets, std::size_t& header) {
  if (octets.size() < 2 || (octets[0] & 0x1f) == 0x1f || octets[0] == 0) return 0;
  std::size_t length = octets[1];
  header = 2;
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    if (count == 0 || count > 3 || octets.size() < 2 + count) return 0;
    length = 0;
    for (; header < 2 + count; ++header) length = length << 8 | octets[header];
  }
  return length <= octets.size() - header ? header + length : 0;
}

void append_element(Buffer& out, std::uint8_t tag, Bytes content, int length_error) {
  const std::size_t size =
      content.size() + static_cast<std::size_t>(std::max(length_error, -int(content.size())));
  out.push_back(tag);
  if (size >= 0x10000) {
    out.push_back(0x83);
    out.push_back(static_cast<std::uint8_t>(size >> 16));
    out.push_back(static_cast<std::uint8_t>(size >> 8));
  } else if (size >= 0x100) {
    out.push_back(0x82);
    out.push_back(static_cast<std::uint8_t>(size >> 8));
  } else if (size >= 0x80) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<std::uint8_t>(size));
  append(out, content);
}

void collect(Tree& tree, std::vector<Tree*>& parents) {
  if (!tree.leaf) parents.push_back(&tree);
  for (Tree& child : tree.children) collect(child, parents);
}

// Every node but the root, as its parent and its place there.
struct Place {
  Tree* parent;
  std::size_t at;
  [[nodiscard]] Tree& node() const { return parent->children[at]; }
};
std::vector<Place> places_in(Tree& root) {
  std::vector<Tree*> parents;
  collect(root, parents);
  std::vector<Place> places;
  for (Tree* parent : parents)
    for (std::size_t at = 0; at < parent->children.size() && places.size() < most_nodes; ++at)
      places.push_back({parent, at});
  return places;
}

void mutate_content(Tree& node, Random& random) {
  Buffer octets = node.leaf ? node.content : Buffer{};
  if (!node.leaf)
    for (const Tree& child : node.children) append(octets, octets_of(child));
  const std::size_t size = octets.size();
  octets.resize(size + 1 + below(random, 64));
  octets.resize(LLVMFuzzerMutate(octets.data(), size, octets.size()));
  node = {.tag = node.tag, .content = std::move(octets)};
}

void retag(Tree& node, Random& random) {
  constexpr std::array<std::uint8_t, 18> tags{0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x14,
                                              0x16, 0x1c, 0x1e, 0x30, 0x31, 0x80, 0xa0, 0x82, 0xa1};
  node.tag = below(random, 4) == 0 ? static_cast<std::uint8_t>(random())
                                   : tags[below(random, tags.size())];
}

Tree nested(Tree node, Random& random) {
  constexpr std::array<std::uint8_t, 5> wrappers{0x30, 0x31, 0x04, 0xa0, 0x24};
  Tree outer{.tag = wrappers[below(random, wrappers.size())], .leaf = false};
  outer.children.push_back(std::move(node));
  return outer;
}

void insert(const Place& place, Tree node, Random& random) {
  auto& siblings = place.parent->children;
  siblings.insert(
      siblings.begin() + static_cast<std::ptrdiff_t>(below(random, siblings.size() + 1)),
      std::move(node));
}

void change(Tree& root, Random& random) {
  const std::vector<Place> places = places_in(root);
  if (places.empty()) return;
  const Place place = places[below(random, places.size())];
  const Place other = places[below(random, places.size())];
  switch (below(random, 12)) {
    case 0:
      return retag(place.node(), random);
    case 1:
      place.parent->children.erase(place.parent->children.begin() +
                                   static_cast<std::ptrdiff_t>(place.at));
      return;
    case 2:
      return insert(place, Tree(place.node()), random);
    case 3:
      return std::swap(place.node(),
                       place.parent->children[below(random, place.parent->children.size())]);
    case 4:
      place.node() = nested(Tree(place.node()), random);
      return;
    case 5:
      return insert(place, Tree(other.node()), random);
    case 6:
      place.node() = Tree(other.node());
      return;
    case 7:
      place.node().length_error = below(random, 2) ? 1 : -1;
      return;
    case 8:
      for (std::size_t copies = 1 + below(random, 40); copies > 0; --copies)
        insert(place, Tree(place.node()), random);
      return;
    default:
      return mutate_content(place.node(), random);
  }
}

std::size_t put(const Buffer& octets, std::span<std::uint8_t> out) {
  std::ranges::copy(octets, out.begin());
  return octets.size();
}

}  // namespace

std::optional<std::vector<Tree>> trees_of(Bytes octets, unsigned depth) {
  std::vector<Tree> trees;
  while (!octets.empty()) {
    std::size_t header = 0;
    const std::size_t end = element_end(octets, header);
    if (end == 0 || depth > deepest) return std::nullopt;
    Tree tree{.tag = octets[0]};
    const Bytes content = octets.subspan(header, end - header);
    auto children = may_nest(tree.tag) && !content.empty() ? trees_of(content, depth + 1)
                                                           : std::optional<std::vector<Tree>>();
    tree.leaf = !children;
    if (children)
      tree.children = *std::move(children);
    else
      tree.content = to_buffer(content);
    trees.push_back(std::move(tree));
    octets = octets.subspan(end);
  }
  return trees;
}

std::optional<Tree> tree_of(Bytes octets) {
  auto trees = trees_of(octets);
  if (!trees || trees->size() != 1) return std::nullopt;
  return std::move(trees->front());
}

Buffer octets_of(const Tree& tree) {
  Buffer content = tree.content;
  for (const Tree& child : tree.children) append(content, octets_of(child));
  Buffer out;
  append_element(out, tree.tag, content, tree.length_error);
  return out;
}

std::size_t mutate_tree(std::uint8_t* data, std::size_t size, std::size_t maximum, unsigned seed) {
  Random random(seed);
  auto root = tree_of({data, size});
  if (!root || root->leaf || below(random, 50) == 0) return LLVMFuzzerMutate(data, size, maximum);
  for (std::size_t changes = 1 + below(random, 3); changes > 0; --changes) change(*root, random);
  const Buffer octets = octets_of(*root);
  if (octets.size() > maximum) return LLVMFuzzerMutate(data, size, maximum);
  return put(octets, {data, maximum});
}

std::size_t cross_trees(Bytes one, Bytes other, std::span<std::uint8_t> out, unsigned seed) {
  Random random(seed);
  auto into = tree_of(one);
  auto from = tree_of(other);
  if (!into || !from) return 0;
  const auto to = places_in(*into);
  const auto donors = places_in(*from);
  if (to.empty() || donors.empty()) return 0;
  const Place place = to[below(random, to.size())];
  // Mostly from the same depth of meaning: a node of the same tag.
  std::vector<Place> alike;
  std::ranges::copy_if(donors, std::back_inserter(alike),
                       [&](const Place& donor) { return donor.node().tag == place.node().tag; });
  const auto& chosen = alike.empty() || below(random, 8) == 0 ? donors : alike;
  place.node() = Tree(chosen[below(random, chosen.size())].node());
  const Buffer octets = octets_of(*into);
  return octets.size() > out.size() ? 0 : put(octets, out);
}

}  // namespace scep_ra::fuzz
